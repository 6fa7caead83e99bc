// The package's WebAssembly against its addon: each vector, and tokens of a generator, on every host.
//
//   node test/web/run.mjs [--others]
//
// SPACETIME_KEYS_SAMPLES names the oracle's program `samples`, whose tokens are judged, too.
// Without --others: on Node and bun. With it: on Deno, workerd and Chromium (see hosts.mjs).

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";

import * as native from "spacetime-keys";

import { packageFolder } from "../support/files.mjs";
import { linesOfVectors, vectorFiles } from "../support/vectors.mjs";
import { border } from "./border.mjs";
import { calls, outcomes, outcome } from "./calls.mjs";
import { few, others, pageFiles } from "./hosts.mjs";
import { generated, measured } from "./samples.mjs";

const UNAVAILABLE = "ERR_ALGORITHM_UNAVAILABLE";
/** About a file: not on the web. */
const ELSEWHERE = ["cli-toml"];
const TYPES = {
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
  ".json": "application/json",
};

const vectors = Object.fromEntries(Object.keys(calls).map((file) => [file, linesOfVectors(file)]));
assert.deepEqual([...Object.keys(calls), ...ELSEWHERE].sort(), vectorFiles(), "each file");

/** Its value is JSON, as that of the hosts. */
const expected = JSON.parse(JSON.stringify(outcomes(native, vectors)));
const generator = process.env.SPACETIME_KEYS_SAMPLES;
const asked = [...measured(), ...(generator ? generated(generator) : [])];
const verdicts = JSON.parse(JSON.stringify(asked.map((one) => outcome(native, "check", one))));

const { privateKey, publicKey } = native.generateKeyPair();
const set = JSON.stringify(native.jwks(publicKey));
const files = pageFiles();
const server = createServer(({ url }, response) => {
  // A proxy is asked for whole URLs.
  const { pathname } = new URL(url, "http://host");
  const file = files[pathname];
  const type = TYPES[extname(pathname)] ?? "text/html";
  response.writeHead(pathname === "/" || pathname === "/jwks.json" || file ? 200 : 404, {
    "content-type": type,
    "access-control-allow-origin": "*",
  });
  if (pathname === "/jwks.json") response.end(set);
  else if (file) response.end(readFileSync(file));
  else response.end("<!doctype html><title>web</title>");
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const origin = `http://127.0.0.1:${server.address().port}`;
const token = new native.Signer(privateKey).sign({ iss: origin, sub: "far" });

/** The same answer, or that there is no RSA: and that only where the addon needed it. */
function same(found, wanted, context, isRsa) {
  if (found.error?.code === UNAVAILABLE) {
    assert.ok(isRsa, `${context}: RSA is not asked for`);
    return "unavailable";
  }
  assert.deepEqual(found, wanted, context);
  return "same";
}

/** Whether RSA may be asked for: by a key, or by a token whose header does not plainly name ES256. */
function isRsa({ token, ...keys }) {
  const header = Buffer.from(`${token ?? ""}`.trim().split(".")[0], "base64url").toString();
  const isPlain = /^\{("\w+":"[^"\\]*",?)+\}$/.test(header) && header.includes('"alg":"ES256"');
  if (keys.verdicts !== undefined) return !isPlain;
  return !isPlain || /RSA|MII[A-Za-z0-9+/]{3}/.test(JSON.stringify(keys));
}

function compare(host, found) {
  const counts = { same: 0, unavailable: 0 };
  for (const [file, list] of Object.entries(vectors)) {
    assert.equal(found.outcomes[file].length, list.length, file);
    list.forEach((vector, at) => {
      const context = `${host}: ${file}: ${vector.name}`;
      const wanted = expected[file][at];
      counts[same(found.outcomes[file][at], wanted, context, isRsa(vector))] += 1;
    });
  }
  const tokens = { same: 0, unavailable: 0 };
  asked.forEach((sample, at) => {
    const result = same(found.samples[at], verdicts[at], `${host}: ${sample.name}`, isRsa(sample));
    tokens[result] += 1;
  });
  const { isOwn, differ, token: made, publicKey: key } = found.roundTrip;
  assert.ok(isOwn && differ, `${host}: signs and verifies with keys of its own`);
  assert.equal(new native.Verifier(key).verify(made).claims.sub, "someone", `${host}: for others`);
  assert.deepEqual(
    found.handlers,
    { minted: true, fetched: "far", health: 503 },
    `${host}: handlers`,
  );
  const { names } = found;
  assert.deepEqual(names, declared(), `${host}: the names`);
  const told = ({ same: equal, unavailable }) => `${equal} the same, ${unavailable} without RSA`;
  console.log(`${host}: vectors: ${told(counts)}; tokens: ${told(tokens)}`);
  const total = counts.same + tokens.same;
  assert.ok(counts.same >= 900 && tokens.same >= 78, `${host}: how many`);
  console.log(`test result: ok. ${total} passed; 0 failed`);
}

/** What index.d.mts says is there, is there. */
function declared() {
  const text = readFileSync(join(packageFolder, "web/index.d.mts"), "utf8");
  const [, list] = /^export \{\n(.*?)^\}/ms.exec(text);
  const values = list.match(/^ {2}\w+(?=,$)/gm).map((name) => name.trim());
  const functions = [...text.matchAll(/^export function (\w+)/gm)].map(([, name]) => name);
  return [...values, ...functions].sort();
}

const hosts = process.argv.includes("--others") ? others : few;
if (hosts === few) {
  for (const name of await border()) console.log(`ok: ${name}`);
}
try {
  const question = { vectors, samples: asked, server: { origin, key: privateKey, token } };
  for (const [host, answers] of Object.entries(hosts)) compare(host, await answers(question));
} finally {
  server.close();
  server.closeAllConnections();
}
