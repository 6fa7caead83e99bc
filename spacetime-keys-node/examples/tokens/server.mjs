// An app that owns its users' sessions, and hands each user short-lived tokens for SpacetimeDB.
// Routes answer `Request`s; `toNodeHandler` puts them into `node:http`, so that the app runs on Node and
// bun unchanged. See the README beside it.

import { createServer } from "node:http";

import { Signer, toNodeHandler } from "spacetime-keys";

import { readConfig } from "./config.mjs";
import { HttpError, answer, createRouter } from "./http.mjs";
import { issuerRoutes } from "./issuer.mjs";
import { loginRoutes } from "./login.mjs";
import { Sessions } from "./sessions.mjs";
import { connect } from "./spacetimedb.mjs";
import { findUser } from "./users.mjs";

const TOKEN_LIFETIME = 5 * 60;
/** Bytes: no route has use for more. */
const BODY_LIMIT = 4096;

const config = readConfig();
const sessions = new Sessions(config.secure);

// The key is parsed once, at the start. A key that is none ends the program here, not a request.
const signer = new Signer(config.privateKey);

const routes = {
  ...issuerRoutes(config.issuer, [signer.publicKey, ...config.otherPublicKeys]),
  ...loginRoutes(sessions, config.demoPassword),

  "GET /token": (request) => {
    const { token, identity, expiresAt } = mintFor(requireSession(request));
    return answer(200, { token, identity, expiresAt });
  },

  "GET /whoami": async (request) => {
    const { token } = mintFor(requireSession(request));
    const connection = await connect({ ...config.spacetimedb, token }).catch((error) => {
      console.error(`spacetimedb: ${error.message}`);
      throw new HttpError(502, "database_unavailable");
    });
    connection.close();
    return answer(200, { identity: connection.identity });
  },
};

/** 401: nobody is logged in. 403: somebody is, who may not. */
function requireSession(request) {
  const session = sessions.find(request);
  if (!session) throw new HttpError(401, "no_session");
  if (!findUser(session.userId)?.mayConnect) throw new HttpError(403, "may_not_connect");
  return session;
}

function mintFor(session) {
  const left = session.expiresAt - Math.floor(Date.now() / 1000);
  return signer.mint({
    issuer: config.issuer,
    subject: session.userId,
    audience: "spacetimedb",
    // No token outlives its session by more than what a server allows for clocks.
    ttl: Math.max(1, Math.min(TOKEN_LIFETIME, left)),
    target: config.target,
    claims: { token_type: "spacetime-access", sid: session.sid },
  });
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
