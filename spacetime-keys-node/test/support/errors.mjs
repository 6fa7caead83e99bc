// What errors must be.

import assert from "node:assert/strict";

/** A KeysError with this code; `undefined`: with any. */
export function checkKeysError(error, code, context) {
  assert.ok(error instanceof Error, `${context}: an Error is thrown`);
  assert.notEqual(error.name, "TypeError", `${context}: not a TypeError: ${error.message}`);
  assert.match(String(error.code), /^ERR_[A-Z0-9_]+$/, `${context}: ${error} has a code`);
  if (code !== undefined) assert.equal(error.code, code, `${context}: the code`);
  assert.equal(typeof error.hint, "string", `${context}: has a hint`);
  assert.ok(error.hint.length > 3, `${context}: the hint says something`);
  assert.ok(error.message.length > 3, `${context}: the message says something`);
  return error;
}

function thrownBy(call, context) {
  let result;
  try {
    result = call();
  } catch (error) {
    return error;
  }
  const what = result instanceof Promise ? "a promise" : typeof result;
  assert.fail(`${context}: an error is thrown, but ${what} was returned`);
}

/** The KeysError that a call throws. */
export const keysError = (call, code, context) =>
  checkKeysError(thrownBy(call, context), code, context);

/** The KeysError that a promise is rejected with. */
export async function keysRejection(promise, code, context) {
  const error = await promise.then(
    () => assert.fail(`${context}: the promise is rejected`),
    (reason) => reason,
  );
  return checkKeysError(error, code, context);
}

/** The TypeError that a call throws. */
export function typeError(call, context) {
  const error = thrownBy(call, context);
  assert.ok(error instanceof TypeError, `${context}: a TypeError is thrown, not ${error}`);
  return error;
}
