// A client of the gateway that reads events as a browser does, and shares nothing with what it judges.

import { StreamReader } from "../../gateway/support/sse.mjs";

/** A client that waits longer than this for an event has lost it. */
const DEADLINE = 120_000;

export class Watcher {
  #gone = new AbortController();
  #reader;
  #deadline;
  status;
  headers;

  /** @param headers With a session's cookie or a key. @param path With its query. */
  static async open(url, headers, { path = "/api/events", after } = {}) {
    const watcher = new Watcher();
    const last = after === undefined ? {} : { "last-event-id": after };
    const { signal } = watcher.#gone;
    watcher.#deadline = setTimeout(() => watcher.#gone.abort(), DEADLINE);
    const response = await fetch(`${url}${path}`, { headers: { ...headers, ...last }, signal });
    watcher.status = response.status;
    watcher.headers = response.headers;
    if (response.status === 200) watcher.#reader = new StreamReader(response.body);
    else {
      await response.text();
      clearTimeout(watcher.#deadline);
    }
    return watcher;
  }

  get end() {
    return this.#reader.end;
  }

  get sse() {
    return this.#reader.sse;
  }

  /** The next event's envelope; `null` at the end. */
  async next() {
    const event = await this.#reader.next();
    return event && JSON.parse(event.data);
  }

  /** The events up to one that is so, and that one. */
  async until(isSo) {
    const events = [];
    for (;;) {
      const event = await this.next();
      if (event === null) throw new Error(`the stream ended (${this.end}) before what was wanted`);
      events.push(event);
      if (isSo(event)) return events;
    }
  }

  close() {
    clearTimeout(this.#deadline);
    this.#gone.abort();
  }
}

/** The number in an id: `EPOCH-NUMBER`. */
export const numberOf = (id) => Number(id.split("-")[1]);
