// All parts of the gateway, put together once for a process, whatever serves it.

import { createIssuer } from "spacetime-keys";

import { createRouter } from "../tokens/http.mjs";
import { loginRoutes } from "../tokens/login.mjs";
import { Sessions } from "../tokens/sessions.mjs";
import { findUser } from "../tokens/users.mjs";
import { ApiKeys } from "./api-keys.mjs";
import { Broker } from "./broker.mjs";
import { Database } from "./database.mjs";
import { gatewayRoutes } from "./gateway.mjs";
import { pageRoutes } from "./page.mjs";
import { Projection } from "./projection.mjs";
import { Reducers } from "./reducers.mjs";
import { EventStreams } from "./stream.mjs";

/** Seconds that the robot's token lives; each token for one call is shorter. */
const ROBOT_LIFETIME = 600;

/**
 * @param {ReturnType<import("./config.mjs").readConfig>} config
 * @param {any} DbConnection The bindings' class.
 * @returns {{ handler: (request: Request) => Promise<Response>, start: () => void, stop: () => void }} `start`: when
 * the handler is served already, for the database fetches the keys from it. `stop`: streams end, and the rest of
 * the process may.
 */
export function createApp(config, DbConnection) {
  const { issuer, keys, target, spacetimedb, heartbeat, stall } = config;
  const sessions = new Sessions(config.secure);
  const apiKeys = new ApiKeys(config.apiKeys);
  // The app is the issuer of its tokens. No route hands one out: they are for the gateway's own calls.
  const tokens = createIssuer({ issuer, keys, target, tokenLifetime: ROBOT_LIFETIME });
  const broker = new Broker({ mint: tokens.mint, issuer, sessions, apiKeys, findUser });
  const streams = new EventStreams({ heartbeat, stall, limit: config.streamsPerUser });
  const projection = new Projection({
    robot: broker.robot,
    onRevoked: (tenantId, identity) => streams.revoke(tenantId, identity),
  });
  const database = new Database({
    ...spacetimedb,
    DbConnection,
    projection,
    lifetime: ROBOT_LIFETIME,
    mint: (ttl) => broker.mintForRobot(ttl),
  });
  const reducers = new Reducers(spacetimedb);
  const isConnected = () => database.isConnected;
  const routes = {
    "GET /.well-known/openid-configuration": tokens,
    "GET /.well-known/jwks.json": tokens,
    ...loginRoutes(sessions, config.demoPassword),
    ...pageRoutes(),
    ...gatewayRoutes({ projection, streams, broker, reducers, isConnected }),
  };
  return {
    handler: createRouter(routes, { origin: issuer }),
    start() {
      streams.start();
      database.start();
    },
    stop() {
      database.stop();
      streams.endAll();
    },
  };
}
