"use strict";
// A handler of Requests, for what calls with Node's requests and responses.

const { Readable } = require("node:stream");
const { pipeline } = require("node:stream/promises");
const check = require("./check.js");
const { report } = require("./report.js");

const readOptions = check.fields(
  { bodyLimit: check.count(Number.MAX_SAFE_INTEGER), onError: check.func },
  { bodyLimit: 1 << 20, onError: report },
);

/** Methods that a Request cannot have (Fetch, section 2.2.1). CONNECT never gets here. */
const IMPOSSIBLE = ["TRACE", "TRACK"];

/** Fields that are about one connection (RFC 9110, section 7.6.1): Node writes its own. */
const OF_CONNECTION = [
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
];

/** A request that is answered by this status, and by nothing else. */
class Refusal extends Error {
  constructor(status) {
    super();
    this.status = status;
  }
}

/** The client went away: what fails for that is nobody's fault. */
class Gone extends Error {}

function toNodeHandler(handler, options) {
  check.func(handler, "handler");
  const { bodyLimit, onError } = readOptions(options, "options");
  return (request, response) => {
    const gone = new AbortController();
    response.once("close", () => {
      if (!response.writableFinished) gone.abort();
    });
    // For what waits until a request is answered, as h3 1.x does.
    return serve(handler, request, response, { bodyLimit, signal: gone.signal }).catch((error) => {
      if (error instanceof Gone) return;
      fail(response, error instanceof Refusal ? error.status : 500);
      if (!(error instanceof Refusal)) onError(error);
    });
  };
}

async function serve(handler, request, response, { bodyLimit, signal }) {
  if (IMPOSSIBLE.includes(request.method)) throw new Refusal(501);
  const isBodiless = request.method === "GET" || request.method === "HEAD";
  const url = urlOf(request);
  const body = isBodiless ? null : await bodyOf(request, bodyLimit);
  const { method } = request;
  const made = new Request(url, { method, headers: headersOf(request), body, signal });
  let answer;
  try {
    answer = await handler(made);
  } catch (error) {
    throw signal.aborted ? new Gone() : error;
  }
  await send(answer, request, response);
}

/**
 * `url` is what Express leaves of it under a path: the handler's own. A client may send any Host; what is
 * none is refused, for it would change how the rest is read.
 */
function urlOf({ socket, headers, url }) {
  const host = headers.host ?? headers[":authority"] ?? "localhost";
  if (!/^([\w.-]+|\[[\da-f:.]+\])(:\d+)?$/i.test(host)) throw new Refusal(400);
  const origin = `${socket.encrypted ? "https" : "http"}://${host}`;
  // To a proxy, a request names the whole URL (RFC 9112, section 3.2.2), and OPTIONS may have `*`.
  const path = url.startsWith("/") ? url : url.replace(/^(https?:\/\/[^/?#]*|\*)/i, "");
  try {
    return new URL(`${origin}/${path.replace(/^\//, "")}`);
  } catch {
    throw new Refusal(400);
  }
}

/**
 * The fields as earlier code left them: what a middleware took out stays out. Of several fields
 * `Authorization` Node keeps the first, and others behind it may take another: the handler sees all.
 */
function headersOf({ headers, rawHeaders }) {
  const made = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    // HTTP/2 has fields of its own, such as `:path`.
    if (value === undefined || name.startsWith(":")) continue;
    for (const one of [value].flat()) made.append(name, one);
  }
  const sent = rawHeaders.filter((_, at) => at % 2 && /^authorization$/i.test(rawHeaders[at - 1]));
  if (sent.length > 1 && headers.authorization === sent[0]) {
    made.set("authorization", sent.join(", "));
  }
  return made;
}

/** By events: leaving a `for await` early would close the connection before it is answered. */
function bodyOf(request, limit) {
  if (Number(request.headers["content-length"]) > limit) throw new Refusal(413);
  if (request.readableEnded) {
    throw new Error("the body was read before: put toNodeHandler before what parses bodies");
  }
  return new Promise((resolve, reject) => {
    const chunks = [];
    let size = 0;
    request.on("data", (chunk) => {
      size += chunk.length;
      if (size <= limit) return chunks.push(chunk);
      request.pause();
      reject(new Refusal(413));
    });
    request.on("end", () => resolve(size === 0 ? null : Buffer.concat(chunks)));
    request.on("error", () => reject(new Gone()));
    request.on("close", () => reject(new Gone()));
  });
}

async function send(answer, request, response) {
  const { status, headers, body } = answer;
  const cookies = headers.getSetCookie();
  if (response.destroyed) return body?.cancel();
  response.statusCode = status;
  for (const [name, value] of headers) {
    if (name !== "set-cookie" && !OF_CONNECTION.includes(name)) response.setHeader(name, value);
  }
  // Each in a field of its own (RFC 6265, section 3), beside those that are there.
  for (const cookie of cookies) response.appendHeader("set-cookie", cookie);
  if (body === null || request.method === "HEAD") {
    await body?.cancel();
    response.end();
    return;
  }
  // A stream of events may have nothing to say for a while.
  response.flushHeaders();
  await pipeline(Readable.fromWeb(body), response).catch((error) => {
    throw error?.code === "ERR_STREAM_PREMATURE_CLOSE" ? new Gone() : error;
  });
}

/** No text: what went wrong is not the client's business. */
function fail(response, status) {
  if (response.headersSent) return response.destroy();
  for (const name of response.getHeaderNames()) response.removeHeader(name);
  response.statusCode = status;
  response.setHeader("content-length", "0");
  // Whatever is left of a body that was not read ends with the connection.
  if (status === 413) response.setHeader("connection", "close");
  response.end();
}

module.exports = { toNodeHandler };
