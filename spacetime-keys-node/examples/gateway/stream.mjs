// A stream of events to one client, by pull: what the client does not take is not made, so a tab that has
// gone to sleep costs a number, not a queue. Who takes nothing for too long is cut off, and comes back with
// `Last-Event-ID`.

import { frame } from "./event-log.mjs";

/** Bytes that one pull is given when a client has to catch up. */
const CHUNK = 64 << 10;

const encoder = new TextEncoder();
const HEARTBEAT = encoder.encode(":\n\n");

/**
 * @typedef {object} Watch
 * @property {import("./event-log.mjs").EventLog} log
 * @property {string} tenantId
 * @property {string} identity Whose stream it is.
 * @property {() => unknown[]} documents All that there are now, for a client that cannot go on from where it was.
 * @property {string | null} after The id of the last event that the client has.
 * @property {() => boolean} isCurrent Whether its session still holds.
 */

export class EventStream {
  #streams;
  #watch;
  #controller;
  #position;
  /** Whether the client has asked for more and got nothing yet. */
  #isWanting = false;
  #hasBegun = false;
  #hasEnded = false;
  /** When the client last took something, or was given something. */
  #since;
  #wake = () => this.#give();

  /** @param {EventStreams} streams @param {Watch} watch */
  constructor(streams, watch) {
    this.#streams = streams;
    this.#watch = watch;
    this.#position = watch.log.position(watch.after);
    this.#since = streams.now();
    // Not a byte stream: that would take the frame away from the others who are given the same one.
    this.body = new ReadableStream(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.#pull(),
        cancel: () => this.leave(),
      },
      // Nothing is made before it is asked for.
      { highWaterMark: 0 },
    );
  }

  get watch() {
    return this.#watch;
  }

  #pull() {
    this.#since = this.#streams.now();
    this.#isWanting = true;
    this.#give();
  }

  #give() {
    if (this.#hasEnded || !this.#isWanting) return;
    const chunks = this.#next();
    if (chunks.length === 0) return this.#watch.log.wait(this.#wake);
    // The one frame of most events is sent as it is, to all.
    this.#enqueue(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
  }

  #next() {
    const { log, documents } = this.#watch;
    if (!this.#hasBegun) return [this.#opening()];
    if (this.#position === null || !log.reaches(this.#position)) {
      // Made in the same turn as its number: what comes after it comes as an event.
      this.#position = log.last;
      return [log.snapshot(documents)];
    }
    const frames = log.after(this.#position, CHUNK);
    this.#position += frames.length;
    return frames;
  }

  /** An id without data is kept by the client, too: it has one to come back with before the first event. */
  #opening() {
    this.#hasBegun = true;
    const id = this.#position === null ? "" : `id: ${this.#watch.log.id(this.#position)}\n`;
    return encoder.encode(`retry: ${this.#streams.retry()}\n${id}\n`);
  }

  #enqueue(chunk) {
    this.#isWanting = false;
    this.#since = this.#streams.now();
    this.#controller.enqueue(chunk);
  }

  /** What time has brought: a heartbeat is due, the session is over, or nobody reads. */
  look() {
    if (!this.#watch.isCurrent()) return this.end("expired");
    const silence = this.#streams.now() - this.#since;
    if (this.#isWanting) {
      if (silence >= this.#streams.heartbeat) this.#enqueue(HEARTBEAT);
    } else if (silence >= this.#streams.stall) {
      this.leave();
      this.#controller.error(new Error("the client takes nothing"));
    }
  }

  /**
   * Says why, and ends. What is left to be sent is not.
   *
   * @param {"revoked" | "expired" | null} event `null`: the gateway stops, and the client may come back.
   */
  end(event) {
    if (this.#hasEnded) return;
    this.leave();
    const { log, tenantId } = this.#watch;
    const id = log.id(this.#position ?? log.last);
    const last =
      event === null
        ? encoder.encode(`retry: ${this.#streams.retry()}\n\n`)
        : frame({ event, id, tenantId, payload: null });
    this.#controller.enqueue(last);
    this.#controller.close();
  }

  /** The client has gone. */
  leave() {
    this.#hasEnded = true;
    this.#watch.log.stopWaiting(this.#wake);
    this.#streams.forget(this);
  }
}

/** All streams that are open. */
export class EventStreams {
  #open = new Set();
  #ofIdentity = new Map();
  #timer = null;
  #random;
  #retryRange;

  /**
   * Times are milliseconds.
   *
   * @param {object} [options]
   * @param {number} [options.heartbeat] A comment goes out after so long a silence.
   * @param {number} [options.stall] A client that takes nothing for so long is cut off.
   * @param {[number, number]} [options.retry] Clients come back after a time between these, each its own:
   * those who lose a gateway together do not come back together.
   * @param {number} [options.limit] Streams that one identity may have open.
   * @param {() => number} [options.now] @param {() => number} [options.random]
   */
  constructor({
    heartbeat = 15_000,
    stall = 30_000,
    retry = [1000, 5000],
    limit = 50,
    now = () => performance.now(),
    random = Math.random,
  } = {}) {
    this.heartbeat = heartbeat;
    this.stall = stall;
    this.limit = limit;
    this.now = now;
    this.#retryRange = retry;
    this.#random = random;
  }

  get size() {
    return this.#open.size;
  }

  /** @param {string} identity */
  isFull(identity) {
    return (this.#ofIdentity.get(identity) ?? 0) >= this.limit;
  }

  retry() {
    const [least, most] = this.#retryRange;
    return Math.round(least + this.#random() * (most - least));
  }

  /** @param {Watch} watch @param {AbortSignal} [signal] Of the request: it says that the client has gone. */
  open(watch, signal) {
    const stream = new EventStream(this, watch);
    this.#open.add(stream);
    this.#count(watch.identity, 1);
    if (signal?.aborted) stream.leave();
    else signal?.addEventListener("abort", () => stream.leave(), { once: true });
    return stream.body;
  }

  /** @param {EventStream} stream */
  forget(stream) {
    if (this.#open.delete(stream)) this.#count(stream.watch.identity, -1);
  }

  /** Looks after all streams, some times a heartbeat, until `endAll`. */
  start(interval = Math.min(1000, this.heartbeat / 4)) {
    this.#timer = setInterval(() => this.look(), interval);
    this.#timer.unref?.();
  }

  look() {
    for (const stream of this.#open) stream.look();
  }

  /** @param {string} tenantId @param {string | null} identity `null`: everybody's. */
  revoke(tenantId, identity) {
    for (const stream of this.#open) {
      const { watch } = stream;
      const isMeant = identity === null || watch.identity === identity;
      if (watch.tenantId === tenantId && isMeant) stream.end("revoked");
    }
  }

  endAll() {
    clearInterval(this.#timer);
    for (const stream of this.#open) stream.end(null);
  }

  #count(identity, change) {
    const count = (this.#ofIdentity.get(identity) ?? 0) + change;
    if (count === 0) this.#ofIdentity.delete(identity);
    else this.#ofIdentity.set(identity, count);
  }
}
