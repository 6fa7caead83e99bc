"use strict";
// Questions to a SpacetimeDB server: by GET, and without a token.

/** Milliseconds that an answer may take, and that a question may wait for its turn. */
const PATIENCE = 2000;

/** The largest body that is read, in bytes. */
const LARGEST = 1 << 20;

/** How many questions are put to a server at once. */
const AT_ONCE = 16;

class Questions {
  #server;
  #left = AT_ONCE;
  /** In the order in which they came. */
  #waiting = new Set();

  /** @param server A URL. */
  constructor(server) {
    this.#server = server.replace(/\/+$/, "");
  }

  /** `status`, `contentType` and `body`; `null` if there is no answer, in time and of bounded size. */
  async ask(path) {
    if (!(await this.#turn())) return null;
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

  /** Whether its turn came in time. */
  #turn() {
    if (this.#left > 0) {
      this.#left -= 1;
      return true;
    }
    return new Promise((resolve) => {
      const one = { resolve };
      one.timer = setTimeout(() => {
        this.#waiting.delete(one);
        resolve(false);
      }, PATIENCE);
      this.#waiting.add(one);
    });
  }

  #end() {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#left += 1;
      return;
    }
    this.#waiting.delete(next);
    clearTimeout(next.timer);
    next.resolve(true);
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
