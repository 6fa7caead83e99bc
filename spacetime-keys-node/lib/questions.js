"use strict";
// Questions to a SpacetimeDB server: by GET, and without a token.

/** Milliseconds that an answer may take. */
const PATIENCE = 2000;

/** The largest body that is read, in bytes. */
const LARGEST = 1 << 20;

/** How many questions are put to a server at once. */
const AT_ONCE = 16;

class Questions {
  #server;
  #left = AT_ONCE;
  #waiting = [];

  /** @param server A URL. */
  constructor(server) {
    this.#server = server.replace(/\/+$/, "");
  }

  /** `status`, `contentType` and `body`; `null` if there is no answer, in time and of bounded size. */
  async ask(path) {
    await this.#turn();
    try {
      // A redirect could lead to another server, whose key is not the one in question.
      const signal = AbortSignal.timeout(PATIENCE);
      const response = await fetch(`${this.#server}${path}`, { redirect: "manual", signal });
      const body = await text(response.body);
      const contentType = response.headers.get("content-type") ?? "";
      return body === null ? null : { status: response.status, contentType, body };
    } catch {
      return null;
    } finally {
      this.#end();
    }
  }

  #turn() {
    this.#left -= 1;
    if (this.#left >= 0) return;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #end() {
    this.#left += 1;
    this.#waiting.shift()?.();
  }
}

/** `null` if it is too large. */
async function text(body) {
  const chunks = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.length;
    if (size > LARGEST) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

module.exports = { Questions };
