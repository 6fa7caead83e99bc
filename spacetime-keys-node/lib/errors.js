"use strict";
// Errors with the core's `code` and `hint`.

/** An `Error` with these fields. */
function keysError({ message, ...fields }) {
  return Object.assign(new Error(message), fields);
}

/** What the addon threw, as the error that a caller sees. */
function translate(thrown) {
  const text = thrown?.message;
  if (typeof text === "string" && text.startsWith("{")) return keysError(JSON.parse(text));
  // Its own words are not repeated: nobody knows what is in them.
  return keysError({
    code: "ERR_BUG",
    message: "spacetime-keys has a bug: this should never happen",
    hint: "please report which function was called, and with which kind of arguments",
  });
}

/** Calls the addon. */
function attempt(call) {
  try {
    return call();
  } catch (error) {
    throw translate(error);
  }
}

module.exports = { attempt, keysError, translate };
