"use strict";
// Questions to a SpacetimeDB server: by GET, and without a token.

const body = require("./body.js");

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
      const bytes = await body.read(response.body, LARGEST);
      const contentType = response.headers.get("content-type") ?? "";
      if (bytes === null) return null;
      return { status: response.status, contentType, body: body.text(bytes) };
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

module.exports = { Questions };
