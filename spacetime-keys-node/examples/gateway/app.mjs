// All parts of the gateway, put together once for a process, whatever serves it.

import { Signer } from "spacetime-keys";

import { createRouter } from "../tokens/http.mjs";
import { issuerRoutes } from "../tokens/issuer.mjs";
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

/**
 * @param {ReturnType<import("./config.mjs").readConfig>} config
 * @param {any} DbConnection The bindings' class.
 * @returns {{ handler: (request: Request) => Promise<Response>, start: () => void, stop: () => void }} `start`: when
 * the handler is served already, for the database fetches the keys from it. `stop`: streams end, and the rest of
 * the process may.
 */
export function createApp(config, DbConnection) {
  const { issuer, target, spacetimedb, heartbeat, stall } = config;
  const sessions = new Sessions(config.secure);
  const apiKeys = new ApiKeys(config.apiKeys);
  const signer = new Signer(config.privateKey);
  const broker = new Broker({ signer, issuer, target, sessions, apiKeys, findUser });
  const streams = new EventStreams({ heartbeat, stall, limit: config.streamsPerUser });
  const projection = new Projection({
    robot: broker.robot,
    onRevoked: (tenantId, identity) => streams.revoke(tenantId, identity),
  });
  const mint = (ttl) => broker.mintForRobot(ttl);
  const database = new Database({ ...spacetimedb, DbConnection, projection, mint });
  const reducers = new Reducers(spacetimedb);
  const isConnected = () => database.isConnected;
  const routes = {
    // The app is the issuer of its tokens.
    ...issuerRoutes(issuer, [signer.publicKey, ...config.otherPublicKeys]),
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
