// Fills the example's database: two tenants, the tokens' demo users in them, the gateway's robot, and a robot for
// each API key. The owner's token comes on standard input; see the README.

import { text } from "node:stream/consumers";

import { deriveIdentity } from "spacetime-keys";

import { readConfig } from "./config.mjs";
import { Reducers } from "./reducers.mjs";

const USER = { User: [] };
const ROBOT = { Robot: [] };

/** Who is what, where: the users of `../tokens/users.mjs`. */
const MEMBERS = [
  ["acme", "u_1", "editor"],
  ["acme", "u_2", "viewer"],
  ["globex", "u_2", "editor"],
  ["acme", "robot:gateway", "viewer"],
  ["globex", "robot:gateway", "viewer"],
];

/**
 * @param {(reducer: string, args: unknown[]) => Promise<void>} call As the owner.
 * @param {{ issuer: string, apiKeys: import("./api-keys.mjs").ApiKey[] }} options
 */
export async function seed(call, { issuer, apiKeys }) {
  const identity = (subject) => [`0x${deriveIdentity(issuer, subject)}`];
  await call("create_tenant", ["acme", "Acme"]);
  await call("create_tenant", ["globex", "Globex"]);
  for (const user of ["u_1", "u_2", "u_3"]) {
    await call("register_actor", [identity(user), user, USER]);
  }
  const keys = apiKeys.map(({ ref, tenant }) => ({ ref, tenant, robot: `robot:${ref}` }));
  for (const robot of ["robot:gateway", ...keys.map((key) => key.robot)]) {
    await call("register_actor", [identity(robot), robot, ROBOT]);
  }
  for (const [tenant, actor, role] of MEMBERS) {
    await call("set_membership", [tenant, identity(actor), role]);
  }
  for (const { ref, tenant, robot } of keys) {
    await call("grant_api_key", [ref, tenant, identity(robot), "documents:write"]);
  }
}

if (import.meta.main ?? process.argv[1] === import.meta.filename) {
  const config = readConfig();
  // `spacetime login show --token` says it in a sentence, at its end.
  const token = (await text(process.stdin)).trim().split(/\s+/).at(-1);
  const reducers = new Reducers(config.spacetimedb);
  await seed((reducer, args) => reducers.call(token, reducer, args), config);
  console.log("seeded");
}
