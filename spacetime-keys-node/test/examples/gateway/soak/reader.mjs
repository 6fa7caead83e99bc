// One client of the soak: a socket and the least that reads an event stream over HTTP/1.1. Thousands of them share
// a process and one processor, so it does no more than it must; and it shares nothing with what it judges.

import { connect } from "node:net";

/** Milliseconds until one that has gone comes back. */
const AWAY = 2000;

export class Reader {
  #crowd;
  #group;
  #socket = null;
  #head = null;
  #raw = "";
  #text = "";
  #timers = new Set();
  /** When the answer began; later writes are timed. */
  #since = 0;
  /** The number of the last event that it has. */
  number;

  /**
   * @param {import("./crowd.mjs").Crowd} crowd
   * @param {{ tenant: string, cookie: string, epoch: string, number: number }} group
   */
  constructor(crowd, group) {
    this.#crowd = crowd;
    this.#group = group;
    this.number = group.number;
    this.open();
  }

  get tenant() {
    return this.#group.tenant;
  }

  open() {
    const { tenant, cookie, epoch } = this.#group;
    const { port } = this.#crowd;
    this.#head = "";
    this.#raw = "";
    this.#text = "";
    const socket = connect(port, "127.0.0.1");
    this.#socket = socket;
    socket.setEncoding("latin1");
    const fields = [
      `Host: 127.0.0.1:${port}`,
      `Cookie: ${cookie}`,
      `Last-Event-ID: ${epoch}-${this.number}`,
    ];
    socket.write(
      [
        `GET /api/events?tenant=${tenant} HTTP/1.1`,
        ...fields,
        "Accept-Encoding: identity",
        "",
        "",
      ].join("\r\n"),
    );
    socket.on("data", (bytes) => this.#take(bytes));
    // A `close` follows.
    socket.on("error", () => {});
    socket.on("close", () => {
      if (this.#socket !== socket) return;
      this.#crowd.complain("a stream ended that nobody had ended");
      this.leave(() => {});
    });
    if (this.#crowd.life > 0)
      this.#plan(this.#crowd.chance.next() * 2 * this.#crowd.life, () => this.#wander());
  }

  #plan(after, body) {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      body();
    }, after);
    this.#timers.add(timer);
  }

  /** Goes as clients do, by a reset or a polite end, and comes back. */
  #wander() {
    const { chance } = this.#crowd;
    this.#crowd.disconnects += 1;
    this.leave(
      chance.below(2) ? (socket) => socket.resetAndDestroy() : (socket) => socket.destroy(),
    );
    this.#plan(chance.next() * AWAY, () => this.open());
  }

  leave(how = (socket) => socket.destroy()) {
    const socket = this.#socket;
    this.#socket = null;
    this.#since = Number.POSITIVE_INFINITY;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    if (socket) how(socket);
  }

  /** From here on it stays, and is here. */
  stay() {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    if (!this.#socket) this.open();
  }

  #take(bytes) {
    if (!this.#socket) return;
    if (this.#head !== null) {
      this.#head += bytes;
      const end = this.#head.indexOf("\r\n\r\n");
      if (end < 0) return;
      if (!/^HTTP\/1\.1 200 [\s\S]*\r\ntransfer-encoding: chunked/i.test(this.#head)) {
        this.#crowd.complain(`refused: ${this.#head.slice(0, 12)}`);
      }
      this.#since = Date.now();
      bytes = this.#head.slice(end + 4);
      this.#head = null;
      this.#crowd.opened += 1;
    }
    this.#raw += bytes;
    this.#unpack();
    this.#read();
  }

  /** Chunks (RFC 9112, section 7.1). */
  #unpack() {
    for (;;) {
      const line = this.#raw.indexOf("\r\n");
      if (line < 0) return;
      const size = Number.parseInt(this.#raw.slice(0, line), 16);
      const end = line + 2 + size;
      if (this.#raw.length < end + 2) return;
      this.#text += this.#raw.slice(line + 2, end);
      this.#raw = this.#raw.slice(end + 2);
    }
  }

  #read() {
    for (;;) {
      const end = this.#text.indexOf("\n\n");
      if (end < 0) return;
      const block = this.#text.slice(0, end);
      this.#text = this.#text.slice(end + 2);
      if (block.startsWith("event: ")) this.#event(block);
    }
  }

  #event(block) {
    const { tenant, epoch } = this.#group;
    const [, from, digits] = /\nid: (\w+)-(\d+)\n/.exec(block) ?? [];
    const number = Number(digits);
    if (from !== epoch) return this.#crowd.complain(`no id of this epoch: ${block.slice(0, 60)}`);
    if (number !== this.number + 1) {
      return this.#crowd.complain(
        `${tenant}: after ${this.number} came ${block.slice(0, 24)} ${number}`,
      );
    }
    this.number = number;
    this.#crowd.note(tenant, number, block, this.#since);
  }
}
