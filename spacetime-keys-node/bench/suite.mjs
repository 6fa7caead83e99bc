// The benchmark itself. Runs on Node or on bun, whichever started it; prints the turns of all
// rounds as JSON on standard output, and what it is at on standard error. `run.mjs` starts it.

import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { Signer, Verifier } from "spacetime-keys";
import { checkAll, checkBulk } from "./check.mjs";
import { makeFloor } from "./floor.mjs";
import { makePeers } from "./peers.mjs";
import { sections } from "./sections.mjs";
import { AUDIENCE, ISSUER, makeClaimsPool, makeKeys } from "./workload.mjs";

const { values } = parseArgs({
  options: { only: { type: "string" }, rounds: { type: "string", default: "200" } },
});

const keys = makeKeys();
const signer = new Signer(keys.privateKey);
const verifier = new Verifier(keys.publicKey, { issuer: ISSUER, audience: AUDIENCE });
const us = {
  name: "spacetime-keys",
  sign: (claims) => signer.sign(claims),
  verify: (token) => verifier.verify(token).claims,
};
const peers = await makePeers(keys, signer.kid);
const claims = makeClaimsPool();

await checkAll([us, ...peers], us.sign, keys.publicKey, signer.kid);
await checkBulk(signer, verifier, claims.slice(0, 100), keys.publicKey);

const tokens = claims.map((item) => signer.sign(item));
const setting = {
  keys,
  signer,
  verifier,
  us,
  peers,
  claims,
  tokens,
  floor: makeFloor(keys.privateKey, tokens),
  rounds: Number(values.rounds),
};
const runtime = process.versions.bun ? "bun" : "node";
const result = {
  runtime,
  version: process.versions[runtime],
  load: [loadavg()[0]],
  sections: {},
};
for (const [name, measure] of Object.entries(sections)) {
  if (values.only && !values.only.split(",").includes(name)) continue;
  process.stderr.write(`${runtime}: ${name}\n`);
  result.sections[name] = await measure(setting);
}
result.load.push(loadavg()[0]);
process.stdout.write(`${JSON.stringify(result)}\n`);
