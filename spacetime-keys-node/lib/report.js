"use strict";

/** An error may have anything in its message: it is told in full to an `onError` of the app's only. */
function report(error) {
  console.error(`spacetime-keys: a handler failed: ${error?.code ?? error?.name ?? typeof error}`);
}

module.exports = { report };
