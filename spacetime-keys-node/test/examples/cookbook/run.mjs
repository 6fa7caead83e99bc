// The module of the gateway example, as docs/multi-tenant.md tells it, on the real server:
// `node test/examples/cookbook/run.mjs`.

import { check, finish } from "../../real-server/support/checks.mjs";
import { checkAccess } from "./access.mjs";
import { checkAttacks, checkViewers } from "./attacks.mjs";
import { checkBindings } from "./bindings.mjs";
import { checkGrants } from "./grants.mjs";
import { checkLinks } from "./links.mjs";
import { checkVisibility } from "./visibility.mjs";
import { World } from "./world.mjs";

const world = await World.start();
await checkBindings(world);
await checkVisibility(world);
await checkAccess(world);
await checkGrants(world);
await checkAttacks(world);
await checkLinks(world);
await check("who sees what is what the members are", () => checkViewers(world));
finish(46);
