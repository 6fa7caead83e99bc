// What happened in one tenant, for all who watch it: a ring of frames, each encoded once and shared by every
// stream. Who watches is a number, the place that it has read up to; nobody has a queue of their own.
//
// A ring a tenant, and not one for all: a busy tenant throws nobody else's events out, ids have no gaps that
// tell of others, and a client that misses a number knows that it lost something.

import { randomBytes } from "node:crypto";

/** The version of the envelope. It grows when a member changes its meaning. */
export const SCHEMA_VERSION = 1;

const ID = /^([0-9a-f]{12})-([0-9]{1,15})$/;
const encoder = new TextEncoder();

/**
 * An event as it is sent (WHATWG HTML, "Server-sent events"). JSON has no line breaks, so the data are one line.
 *
 * @param {{ event: string, id: string, tenantId: string, payload: unknown }} what
 */
export function frame({ event, id, tenantId, payload }) {
  const envelope = { event, id, tenant_id: tenantId, schema_version: SCHEMA_VERSION, payload };
  return encoder.encode(`event: ${event}\nid: ${id}\ndata: ${JSON.stringify(envelope)}\n\n`);
}

export class EventLog {
  #tenantId;
  #epoch;
  #capacity;
  #byteLimit;
  /** The frame of event `n` is at `n % capacity`. */
  #frames = [];
  #bytes = 0;
  /** The oldest event that is kept, and the newest. The first of all is 1. */
  #first = 1;
  #last = 0;
  #waiting = new Set();
  #snapshot = null;

  /**
   * @param {string} tenantId
   * @param {{ capacity?: number, byteLimit?: number, epoch?: string }} [options] `capacity`: events.
   * `byteLimit`: of their frames. `epoch`: 12 hex digits, another one for each log that there ever is.
   */
  constructor(tenantId, { capacity = 4096, byteLimit = 8 << 20, epoch } = {}) {
    this.#tenantId = tenantId;
    this.#capacity = capacity;
    this.#byteLimit = byteLimit;
    this.#epoch = epoch ?? randomBytes(6).toString("hex");
  }

  /** The number of the newest event; 0: none yet. */
  get last() {
    return this.#last;
  }

  /** @param {number} number */
  id(number) {
    return `${this.#epoch}-${number}`;
  }

  /** @param {string} event @param {unknown} payload */
  append(event, payload) {
    const number = this.#last + 1;
    const bytes = frame({ event, id: this.id(number), tenantId: this.#tenantId, payload });
    // Before the place is taken by the newest.
    if (number - this.#first >= this.#capacity) this.#forgetOldest();
    this.#frames[number % this.#capacity] = bytes;
    this.#last = number;
    this.#snapshot = null;
    this.#bytes += bytes.length;
    while (this.#bytes > this.#byteLimit) this.#forgetOldest();
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const wake of waiting) wake();
  }

  /**
   * The number that a client has read up to, by the id that it sends.
   *
   * @param {string | null} id Anything at all.
   * @returns {number | null} `null`: of another epoch, or too old to go on from there. It needs a snapshot.
   */
  position(id) {
    const [, epoch, digits] = ID.exec(id ?? "") ?? [];
    const number = Number(digits);
    return epoch === this.#epoch && this.reaches(number) ? number : null;
  }

  /** Whether every event after this number is still here. @param {number} number */
  reaches(number) {
    return number >= this.#first - 1 && number <= this.#last;
  }

  /**
   * The frames after a number that the log reaches, oldest first.
   *
   * @param {number} number
   * @param {number} limit Bytes. One frame is given in any case.
   */
  after(number, limit) {
    const frames = [];
    let bytes = 0;
    for (let at = number + 1; at <= this.#last; at += 1) {
      const next = this.#frames[at % this.#capacity];
      if (frames.length > 0 && bytes + next.length > limit) break;
      frames.push(next);
      bytes += next.length;
    }
    return frames;
  }

  /**
   * The frame of a snapshot, as of the newest event: made once for all who need it before the next one, such as
   * everybody after a restart.
   *
   * @param {() => unknown[]} documents
   */
  snapshot(documents) {
    if (this.#snapshot?.number !== this.#last) {
      const id = this.id(this.#last);
      const payload = { documents: documents() };
      const bytes = frame({ event: "snapshot", id, tenantId: this.#tenantId, payload });
      this.#snapshot = { number: this.#last, bytes };
    }
    return this.#snapshot.bytes;
  }

  /** Calls once, at the next event. @param {() => void} wake */
  wait(wake) {
    this.#waiting.add(wake);
  }

  /** @param {() => void} wake */
  stopWaiting(wake) {
    this.#waiting.delete(wake);
  }

  #forgetOldest() {
    const at = this.#first % this.#capacity;
    this.#bytes -= this.#frames[at].length;
    this.#frames[at] = undefined;
    this.#first += 1;
  }
}
