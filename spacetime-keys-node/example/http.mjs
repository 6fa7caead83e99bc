// What every route needs: bodies of bounded size, answers without detail, and the question where a
// request comes from.

const BODY_LIMIT = 4096;

/** An answer that is no success. `code` is all that the client is told. */
export class HttpError extends Error {
  constructor(status, code) {
    super(code);
    this.status = status;
    this.code = code;
  }
}

export function send(response, status, body, headers = {}) {
  const text = body === null ? "" : JSON.stringify(body);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    // Tokens and sessions stay out of every cache; the routes whose answers may be kept say so.
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    ...headers,
  });
  response.end(text);
}

/**
 * Refuses what another site's page makes a browser send. Browsers say where a request comes from;
 * programs, which hold nobody's cookies but their own, say nothing and pass.
 */
export function requireSameOrigin(request, origin) {
  const site = request.headers["sec-fetch-site"];
  // `none`: typed in by the user.
  const foreignSite = site !== undefined && site !== "same-origin" && site !== "none";
  const foreignOrigin = (request.headers.origin ?? origin) !== origin;
  if (foreignSite || foreignOrigin) throw new HttpError(403, "foreign_origin");
}

/**
 * A body that is a JSON object. The content type is part of the protection: another site's form
 * cannot send it, and another site's script only if this server allowed that, which it does not.
 */
export async function readJson(request) {
  const type = (request.headers["content-type"] ?? "").split(";")[0].trim().toLowerCase();
  if (type !== "application/json") throw new HttpError(415, "not_json");
  if (Number(request.headers["content-length"]) > BODY_LIMIT) throw new HttpError(413, "too_large");
  const text = await readText(request);
  try {
    const value = JSON.parse(text);
    if (value !== null && typeof value === "object") return value;
  } catch {
    // Answered below, like JSON that is no object.
  }
  throw new HttpError(400, "malformed");
}

/** By events: leaving a `for await` early would close the connection before the answer is sent. */
function readText(request) {
  return new Promise((resolve, reject) => {
    const chunks = [];
    let length = 0;
    request.on("data", (chunk) => {
      length += chunk.length;
      if (length > BODY_LIMIT) {
        request.pause();
        reject(new HttpError(413, "too_large"));
      } else {
        chunks.push(chunk);
      }
    });
    request.on("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
    request.on("error", reject);
    request.on("close", () => reject(new HttpError(400, "aborted")));
  });
}
