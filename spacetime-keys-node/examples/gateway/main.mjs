// Starts the gateway, and stops it: `node main.mjs` or `bun main.mjs`. See the README for its settings.

import { Signer } from "spacetime-keys";

import { createRouter } from "../tokens/http.mjs";
import { issuerRoutes } from "../tokens/issuer.mjs";
import { loginRoutes } from "../tokens/login.mjs";
import { Sessions } from "../tokens/sessions.mjs";
import { findUser } from "../tokens/users.mjs";
import { ApiKeys } from "./api-keys.mjs";
import { Broker } from "./broker.mjs";
import { readConfig } from "./config.mjs";
import { Database } from "./database.mjs";
import { gatewayRoutes } from "./gateway.mjs";
import { serve } from "./node.mjs";
import { pageRoutes } from "./page.mjs";
import { Projection } from "./projection.mjs";
import { Reducers } from "./reducers.mjs";
import { EventStreams } from "./stream.mjs";

/** Milliseconds that clients have to take the last words. */
const GRACE = 2000;

const config = readConfig();
const { issuer, target, privateKey, spacetimedb, heartbeat, stall } = config;
// bun reads the bindings as they are; for Node they are bundled (see the README).
const bindings = process.versions.bun ? "./bindings/index.ts" : "./bindings.mjs";
const { DbConnection } = await import(bindings);

const sessions = new Sessions(config.secure);
const apiKeys = new ApiKeys(config.apiKeys);
const signer = new Signer(privateKey);
const broker = new Broker({ signer, issuer, target, sessions, apiKeys, findUser });
const streams = new EventStreams({ heartbeat, stall, limit: config.streamsPerUser });
const projection = new Projection({
  robot: broker.robot,
  onRevoked: (tenantId, identity) => streams.revoke(tenantId, identity),
});
const database = new Database({
  ...spacetimedb,
  DbConnection,
  projection,
  mint: (ttl) => broker.mintForRobot(ttl),
});

const parts = { projection, streams, broker, reducers: new Reducers(spacetimedb) };
const routes = {
  // The app is the issuer of its tokens: the database fetches the keys from here.
  ...issuerRoutes(issuer, [signer.publicKey, ...config.otherPublicKeys]),
  ...loginRoutes(sessions, config.demoPassword),
  ...pageRoutes(),
  ...gatewayRoutes({ ...parts, isConnected: () => database.isConnected }),
};
const server = await serve(createRouter(routes, { origin: issuer }), config);
console.log(`gateway ${issuer} is listening`);
streams.start();
database.start();

async function stop() {
  database.stop();
  streams.endAll();
  await server.close(GRACE);
}
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, stop);
