// What every route needs: JSON in and out, answers without detail, and the question where a request
// comes from. The gateway's example beside this one stands on it, too.

/** An answer that is no success. `code` is all that the client is told. */
export class HttpError extends Error {
  constructor(status, code) {
    super(code);
    this.status = status;
    this.code = code;
  }
}

/** `body`: what is sent as JSON; `null`: nothing. */
export function answer(status, body, headers = {}) {
  return new Response(body === null ? null : JSON.stringify(body), {
    status,
    headers: {
      "content-type": "application/json",
      // Tokens and sessions stay out of every cache; the routes whose answers may be kept say so.
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      ...headers,
    },
  });
}

/**
 * Refuses what another site's page makes a browser send. Browsers say where a request comes from;
 * programs, which hold nobody's cookies but their own, say nothing and pass.
 */
export function requireSameOrigin({ headers }, origin) {
  const site = headers.get("sec-fetch-site");
  // `none`: typed in by the user.
  const foreignSite = site !== null && site !== "same-origin" && site !== "none";
  const foreignOrigin = (headers.get("origin") ?? origin) !== origin;
  if (foreignSite || foreignOrigin) throw new HttpError(403, "foreign_origin");
}

/**
 * A body that is a JSON object. The content type is part of the protection: another site's form
 * cannot send it, and another site's script only if this server allowed that, which it does not.
 */
export async function readJson(request) {
  const type = (request.headers.get("content-type") ?? "").split(";")[0].trim().toLowerCase();
  if (type !== "application/json") throw new HttpError(415, "not_json");
  try {
    const value = await request.json();
    if (value !== null && typeof value === "object") return value;
  } catch {
    // Answered below, like JSON that is no object.
  }
  throw new HttpError(400, "malformed");
}

/**
 * A handler of `Request`s of a table of routes, such as `"GET /token": (request) => Response`. A route that
 * throws an {@link HttpError} has answered by it.
 *
 * @param {Record<string, (request: Request) => Response | Promise<Response>>} routes
 * @param {{ origin: string, log?: Pick<Console, "log" | "error"> }} options `origin`: the app's own.
 */
export function createRouter(routes, { origin, log = console }) {
  return async function handle(request) {
    const route = `${request.method} ${new URL(request.url).pathname}`;
    const isKnown = Object.hasOwn(routes, route);
    const response = isKnown
      ? await call(routes[route], request, { route, origin, log })
      : answer(404, { error: "not_found" });
    // The route's own name, not the client's text; never a cookie, a token or a query.
    log.log(`${isKnown ? route : "unknown route"} ${response.status}`);
    return response;
  };
}

async function call(handler, request, { route, origin, log }) {
  try {
    // Anybody who verifies tokens may read these, from anywhere.
    if (!route.includes(" /.well-known/")) requireSameOrigin(request, origin);
    return await handler(request);
  } catch (error) {
    // What is no answer of ours is a fault of ours: named in the log, not to the client.
    const { status, code } = error instanceof HttpError ? error : new HttpError(500, "internal");
    if (status === 500) log.error(`error: ${error.code ?? error.name}`);
    return answer(status, { error: code });
  }
}
