"use strict";
// The machines that there is an addon for, and the Rust targets that make it.

const TARGETS = {
  "linux-x64-gnu": "x86_64-unknown-linux-gnu",
  "linux-x64-musl": "x86_64-unknown-linux-musl",
  "linux-arm64-gnu": "aarch64-unknown-linux-gnu",
  "linux-arm64-musl": "aarch64-unknown-linux-musl",
  "darwin-x64": "x86_64-apple-darwin",
  "darwin-arm64": "aarch64-apple-darwin",
  "win32-x64-msvc": "x86_64-pc-windows-msvc",
};

/**
 * The names that an addon for this machine may have. On Linux the C library decides between two;
 * npm has installed the right one, and telling it at run time would cost 20 ms.
 */
function candidates() {
  const machine = `${process.platform}-${process.arch}`;
  return Object.keys(TARGETS).filter((name) => name === machine || name.startsWith(`${machine}-`));
}

module.exports = { TARGETS, candidates };
