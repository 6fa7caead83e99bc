// What every route needs: JSON in and out, answers without detail, and the question where a request
// comes from.

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
