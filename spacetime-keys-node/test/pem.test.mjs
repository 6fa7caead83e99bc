// Every file of the core's folder of odd key files: the same answer as the core's own table says,
// and as the program gives.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";

import { normalizePem } from "spacetime-keys";

import { cli } from "./support/cli.mjs";
import { keysError } from "./support/errors.mjs";
import { coreTests, pemBytes, pemFolder, pemNames, pemText } from "./support/files.mjs";
import { hostPrivate, hostPublic, rsa } from "./support/keys.mjs";

/** The core's expectations: file name → `ERR_…`, for those that are refused. */
function refusedByTheCore() {
  const table = readFileSync(join(coreTests, "pem_oddities.rs"), "utf8")
    .split("const REFUSED")[1]
    .split("];")[0];
  const code = (variant) => `ERR${variant.replace(/[A-Z]/g, (letter) => `_${letter}`)}`.toUpperCase();
  const rows = table.matchAll(/^ {4}\("([^"]+)", Error::(\w+)/gm);
  return new Map(Array.from(rows, ([, file, variant]) => [file, code(variant)]));
}

const refused = refusedByTheCore();
// A text has lost what these files are about by the time that it is a JavaScript string.
const isText = (name) => pemBytes(name).equals(Buffer.from(pemText(name), "utf8"));
const isRsa = (name) => name.startsWith("rsa-");

describe("normalizePem and the folder of odd files", () => {
  it("has the files that the core's table is about", () => {
    assert.equal(pemNames().length, 148, "no file is left out");
    assert.equal(refused.size, 77, "the core's table was read");
    for (const name of refused.keys()) assert.ok(pemNames().includes(name), `${name} is there`);
  });

  it("mends to the byte what can be known", () => {
    const mended = pemNames().filter((name) => !refused.has(name));
    assert.equal(mended.length, 71, "all that the core mends");
    for (const name of mended) {
      const canonical = name.startsWith("private") ? hostPrivate : hostPublic;
      assert.equal(normalizePem(pemText(name)), canonical, name);
    }
  });

  it("refuses by the core's codes what cannot be known", () => {
    for (const [name, code] of refused) {
      if (!isRsa(name) && isText(name)) keysError(() => normalizePem(pemText(name)), code, name);
    }
  });

  it("takes bytes that are no UTF-8 for no key, unless they lie beside one", () => {
    const binary = pemNames().filter((name) => !isText(name));
    assert.ok(binary.length >= 6, `${binary.length} files`);
    for (const name of binary) {
      // Its one byte that is no UTF-8 is in a comment.
      if (name === "latin1.pem") assert.equal(normalizePem(pemText(name)), hostPrivate, name);
      else keysError(() => normalizePem(pemText(name)), undefined, name);
    }
  });

  it("gives the program's text, or refuses by the program's code", () => {
    for (const name of pemNames()) {
      if (isRsa(name)) continue;
      const path = join(pemFolder, name);
      if (refused.has(name)) {
        const { exit, out } = cli(["key", "normalize", path]);
        assert.equal(exit, 4, `${name}: the program refuses it`);
        assert.equal(out.error.code, refused.get(name), `${name}: the program's code`);
      } else {
        const { exit, out } = cli(["key", "normalize", path], { json: false });
        assert.equal(exit, 0, `${name}: the program takes it`);
        assert.equal(normalizePem(pemText(name)), out, `${name}: the program's text`);
      }
    }
  });

  it("changes nothing more the second time", () => {
    for (const text of [hostPrivate, hostPublic]) {
      const once = normalizePem(text);
      assert.equal(normalizePem(once), once, "canonical is canonical");
    }
  });

  it("names RSA keys, as the program does, and refuses them", () => {
    for (const text of [...pemNames().filter(isRsa).map(pemText), ...Object.values(rsa())]) {
      keysError(() => normalizePem(text), "ERR_KEY_UNSUPPORTED", "an RSA key");
    }
  });
});
