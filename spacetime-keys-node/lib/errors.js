"use strict";
// Errors with the core's `code` and `hint`.

class KeysError extends Error {
  constructor(message, fields) {
    super(message);
    Object.assign(this, fields);
  }
}
// On the prototype: an error has no more fields of its own than it is given.
Object.defineProperty(KeysError.prototype, "name", { value: "KeysError", configurable: true });

function keysError({ message, ...fields }) {
  return new KeysError(message, fields);
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

module.exports = { KeysError, attempt, keysError, translate };
