// The gateway's routes, each a handler of `Request`s. Nothing here knows which server or framework calls it.

import { HttpError, answer, readJson } from "../tokens/http.mjs";

/** Digits: what JSON's numbers have in JavaScript. */
const ID_LIMIT = 15;
const TITLE_LIMIT = 200;
/** Characters. The server that stands in front of the handler limits bytes. */
const BODY_LIMIT = 32_000;

const EVENT_STREAM = {
  "content-type": "text/event-stream",
  // A proxy that compresses would wait for more before it sends anything. `no-transform` forbids it, but Caddy
  // 2.6 ignores that where the first bytes are many; what is encoded already it leaves alone. (RFC 9110,
  // 8.4.1, would rather not see `identity` here. Browsers take it.)
  "cache-control": "no-store, no-transform",
  "content-encoding": "identity",
  "x-accel-buffering": "no",
  "x-content-type-options": "nosniff",
};

/**
 * @typedef {object} Parts
 * @property {import("./projection.mjs").Projection} projection
 * @property {import("./stream.mjs").EventStreams} streams
 * @property {import("./broker.mjs").Broker} broker
 * @property {import("./reducers.mjs").Reducers} reducers
 * @property {() => boolean} isConnected Whether the database is.
 */

/** To stand in a table with others. @param {Parts} parts */
export function gatewayRoutes({ projection, streams, broker, reducers, isConnected }) {
  /** Who reads what: the tenants that there are to choose from are the database's to say. */
  function reading(request) {
    const actor = broker.identify(request);
    if (!actor.mayRead) throw new HttpError(403, "delegation_only_writes");
    if (!projection.isReady) throw new HttpError(503, "not_ready");
    const url = new URL(request.url);
    const tenants = projection.tenantsOf(actor.identity).filter((id) => isOf(actor, id));
    return { actor, url, tenantId: choose(tenants, url.searchParams.get("tenant")) };
  }

  return {
    "GET /api/documents": (request) => {
      const { tenantId } = reading(request);
      const log = projection.log(tenantId);
      // Both in one turn: no event is between them.
      const snapshot = { id: log.id(log.last), documents: projection.documents(tenantId) };
      return answer(200, { tenant_id: tenantId, ...snapshot });
    },

    "GET /api/events": (request) => {
      const { actor, url, tenantId } = reading(request);
      const { identity, isCurrent } = actor;
      if (streams.isFull(identity)) throw new HttpError(429, "too_many_streams");
      // A browser sends the header when it comes back; the query is for the first time, with the id of a
      // snapshot that the page was made from.
      const after = request.headers.get("last-event-id") ?? url.searchParams.get("after");
      const log = projection.log(tenantId);
      const documents = () => projection.documents(tenantId);
      const watch = { log, tenantId, identity, documents, after, isCurrent };
      return new Response(streams.open(watch, request.signal), { headers: EVENT_STREAM });
    },

    "POST /api/documents": async (request) => {
      const actor = broker.identify(request);
      const { id = "0", title, body, tenant = null } = await readJson(request);
      const isText = (value, limit) => typeof value === "string" && value.length <= limit;
      const isId = isText(id, ID_LIMIT) && /^\d+$/.test(id);
      if (!isId || !isText(title, TITLE_LIMIT) || !isText(body, BODY_LIMIT)) {
        throw new HttpError(400, "malformed");
      }
      // A key's robot need not see what it writes to; a user does.
      const tenants = actor.tenant === null ? projection.tenantsOf(actor.identity) : [actor.tenant];
      const write = { tenantId: choose(tenants, tenant), id: Number(id), title, body };
      const { token } = broker.mintFor(actor);
      await reducers.writeDocument(token, { ...write, context: actor.context });
      // What was written comes by the stream, and not before it does. The two have no order.
      return answer(204, null);
    },

    "GET /healthz": () => {
      const { isReady } = projection;
      const health = { ready: isReady, database: isConnected() ? "connected" : "lost" };
      // Without a connection what was read is still shown, and streams stay: that is no reason to be replaced.
      return answer(isReady ? 200 : 503, { ...health, streams: streams.size });
    },
  };
}

function isOf(actor, tenantId) {
  return actor.tenant === null || actor.tenant === tenantId;
}

/** A tenant that there is not and one that is not theirs are one answer. */
function choose(tenants, wanted) {
  if (wanted === null && tenants.length > 1) throw new HttpError(400, "tenant_needed");
  const tenantId = wanted ?? tenants[0];
  if (!tenants.includes(tenantId)) throw new HttpError(403, "not_a_member");
  return tenantId;
}
