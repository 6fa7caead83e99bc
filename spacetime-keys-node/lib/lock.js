"use strict";
// The lock of a host's files: the operating system's, which the program takes, too.

const check = require("./check.js");
const { attempt } = require("./errors.js");
const native = require("./native.js");

const readHost = check.fields({ mountedKeysDir: check.text, cliToml: check.text });

class HostLock {
  #native;

  constructor(lock) {
    this.#native = lock;
  }

  release() {
    this.#native.release();
  }
}

function lockHost(host, doing) {
  const { mountedKeysDir, cliToml } = readHost(host, "host");
  if (mountedKeysDir === undefined) check.fail("host.mountedKeysDir", "must be a string");
  if (cliToml === undefined) check.fail("host.cliToml", "must be a string");
  check.text(doing, "doing");
  return new HostLock(attempt(() => new native.HostLock(mountedKeysDir, cliToml, doing)));
}

module.exports = { lockHost };
