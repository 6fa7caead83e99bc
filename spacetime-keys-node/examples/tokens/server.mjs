// An app that owns its users' sessions, and hands each user short-lived tokens for SpacetimeDB.
// Routes answer `Request`s; `toNodeHandler` puts them into `node:http`, so that the app runs on Node and
// bun unchanged. See the README beside it.

import { createServer } from "node:http";

import { createIssuer, toNodeHandler } from "spacetime-keys";

import { readConfig } from "./config.mjs";
import { HttpError, answer, createRouter } from "./http.mjs";
import { loginRoutes } from "./login.mjs";
import { Sessions } from "./sessions.mjs";
import { connect } from "./spacetimedb.mjs";
import { findUser } from "./users.mjs";

const TOKEN_LIFETIME = 5 * 60;
/** Bytes: no route has use for more. */
const BODY_LIMIT = 4096;

const config = readConfig();
const sessions = new Sessions(config.secure);

// Documents, key set and tokens. Keys are parsed here, once: one that is none ends the program now, and
// not at a request.
const issuer = createIssuer({
  issuer: config.issuer,
  keys: config.keys,
  target: config.target,
  tokenLifetime: TOKEN_LIFETIME,
  authorize: grantFor,
});

const routes = {
  "GET /.well-known/openid-configuration": issuer,
  "GET /.well-known/jwks.json": issuer,
  "POST /token": issuer,

  ...loginRoutes(sessions, config.demoPassword),

  "GET /whoami": async ({ headers }) => {
    // What a browser is given, or why it is given nothing.
    const given = await issuer(new Request(`${config.issuer}/token`, { method: "POST", headers }));
    if (!given.ok) return given;
    const { token } = await given.json();
    const connection = await connect({ ...config.spacetimedb, token }).catch((error) => {
      console.error(`spacetimedb: ${error.message}`);
      throw new HttpError(502, "database_unavailable");
    });
    connection.close();
    return answer(200, { identity: connection.identity });
  },
};

/** Who may have which token. 401: nobody is logged in. 403: somebody is, who may not. */
function grantFor(request) {
  const session = sessions.find(request);
  if (!session) return null;
  if (!findUser(session.userId)?.mayConnect) return answer(403, { error: "may_not_connect" });
  const left = session.expiresAt - Math.floor(Date.now() / 1000);
  return {
    subject: session.userId,
    audience: "spacetimedb",
    // No token outlives its session by more than what a server allows for clocks.
    ttl: Math.max(1, Math.min(TOKEN_LIFETIME, left)),
    claims: { token_type: "spacetime-access", sid: session.sid },
  };
}

const listener = toNodeHandler(createRouter(routes, { origin: config.issuer }), {
  bodyLimit: BODY_LIMIT,
});
const server = createServer({ requestTimeout: 10_000 }, listener);
server.listen(config.port, config.host, () => console.log(`issuer ${config.issuer} is listening`));

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    server.close();
    server.closeAllConnections();
  });
}
