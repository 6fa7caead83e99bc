// The soak's clients, in a process of their own: it is told what to do by messages, and answers by one.
//
// What each has read is not kept for each. The first that reads an event keeps it for its tenant; all others must
// read the same bytes under that number, and each must read every number once, in order. So the events that are
// handed over at the end are what every single client has seen.

import { Chance } from "../../../support/random.mjs";
import { Reader } from "./reader.mjs";

/** Clients that come at a time, in this many milliseconds. */
const AT_ONCE = 50;
const PAUSE = 20;
/** Delays longer than that count as that, in milliseconds. */
const LONGEST = 120_000;
/** Turns of a wait, of 20 ms and more. */
const TURNS = 6000;

export class Crowd {
  #events = new Map();
  #delays = new Map();
  #problems = new Map();
  #readers = [];
  disconnects = 0;
  opened = 0;
  received = 0;

  /** @param {{ port: number, seed: number, life: number }} options `life`: milliseconds, on average; 0: for good. */
  constructor({ port, seed, life }) {
    this.port = port;
    this.life = life;
    this.chance = new Chance(seed);
  }

  async fill(groups) {
    const coming = groups.flatMap((group) => new Array(group.count).fill(group));
    while (coming.length > 0) {
      for (const group of coming.splice(0, AT_ONCE)) this.#readers.push(new Reader(this, group));
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
    await this.#until(() => this.opened >= this.#readers.length);
  }

  complain(problem) {
    this.#problems.set(problem, (this.#problems.get(problem) ?? 0) + 1);
  }

  /** @param {number} since Only what was written later is timed: the rest was waited for by nobody. */
  note(tenant, number, block, since) {
    this.received += 1;
    const key = `${tenant} ${number}`;
    const first = this.#events.get(key) ?? this.#keep(key, tenant, block);
    if (first.block !== block) this.complain(`${key} is not the same to all`);
    if (!(first.writtenAt > since)) return;
    const delay = Math.min(LONGEST, Math.max(0, Date.now() - first.writtenAt));
    this.#delays.set(delay, (this.#delays.get(delay) ?? 0) + 1);
  }

  #keep(key, tenant, block) {
    const text = Buffer.from(block, "latin1").toString();
    const envelope = JSON.parse(text.slice(text.indexOf("\ndata: ") + 7));
    const { title } = envelope.payload ?? {};
    const kept = { tenant, block, envelope, writtenAt: Number(title?.split(" ").at(-1)) };
    this.#events.set(key, kept);
    return kept;
  }

  /** Until every client is here and has read its tenant to the end. @param {Record<string, number>} last */
  async settle(last) {
    this.life = 0;
    for (const reader of this.#readers) reader.stay();
    await this.#until(() => this.#readers.every(({ tenant, number }) => number >= last[tenant]));
  }

  leave() {
    for (const reader of this.#readers) reader.leave();
    this.#readers = [];
  }

  report() {
    const events = [...this.#events.values()].map(({ tenant, envelope }) => ({ tenant, envelope }));
    return {
      events,
      problems: Object.fromEntries(this.#problems),
      delays: [...this.#delays].sort(([a], [b]) => a - b),
      disconnects: this.disconnects,
      received: this.received,
    };
  }

  /** With a deadline: what has not come by then will not. */
  async #until(isSo) {
    for (let turn = 0; !isSo(); turn += 1) {
      if (turn === TURNS) return this.complain("clients are not where they should be");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

if (process.argv[1] === import.meta.filename) {
  let crowd;
  const commands = {
    fill: async ({ groups, ...options }) => {
      crowd = new Crowd(options);
      await crowd.fill(groups);
    },
    settle: ({ last }) => crowd.settle(last),
    leave: () => crowd.leave(),
    report: () => crowd.report(),
  };
  process.on("message", async ({ command, ...what }) => {
    process.send({ answer: await commands[command](what) });
  });
  process.on("disconnect", () => process.exit());
}
