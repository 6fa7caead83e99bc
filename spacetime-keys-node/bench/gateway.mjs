// Events of the gateway's example beside a plain broadcast of the same runtime: how many reach their clients in a
// second, what one costs the server's processor, and when the last ones in a hundred have it.
//
//   node bench/gateway.mjs [--clients 1000] [--rounds 200] [--runtime node|bun]
//
// A round is one event that is sent when all have the one before; or, to be counted by the second, many at once.
// Rounds of the two take turns, so that other work on the machine slows down both; what counts is the ratio.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    clients: { type: "string", default: "1000" },
    rounds: { type: "string", default: "200" },
    runtime: { type: "string", default: "node" },
  },
});
const CLIENTS = Number(values.clients);
const ROUNDS = Number(values.rounds);
const WARM_UP = 20;
/** Events of a round that is counted by the second. */
const MANY = 100;

const runtimes = {
  node: process.execPath,
  bun: fileURLToPath(new URL("../node_modules/.bin/bun", import.meta.url)),
};

class Contestant {
  #child;
  #mark = "none yet";
  #left = 0;
  #sentAt = 0;
  #done = () => {};
  #figures;

  constructor(name) {
    this.name = name;
  }

  /** What was measured since it was asked last. */
  take() {
    const figures = this.#figures;
    this.#figures = { delays: [], rounds: [], processor: [] };
    return figures;
  }

  async start() {
    const script = fileURLToPath(new URL("gateway-server.mjs", import.meta.url));
    const stdio = ["ignore", "inherit", "inherit", "ipc"];
    this.#child = spawn(runtimes[values.runtime], [script, this.name], { stdio });
    const [{ port }] = await once(this.#child, "message");
    this.take();
    for (let number = 0; number < CLIENTS; number += 1) await this.#join(port);
  }

  async #join(port) {
    const socket = connect(port, "127.0.0.1");
    socket.setEncoding("latin1");
    socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await once(socket, "data");
    let rest = "";
    socket.on("data", (text) => {
      this.#look(`${rest}${text}`);
      // A mark may come in two pieces; whole, it is not kept.
      rest = text.slice(1 - this.#mark.length);
    });
  }

  #look(text) {
    if (!text.includes(this.#mark)) return;
    this.#figures.delays.push(performance.now() - this.#sentAt);
    this.#left -= 1;
    if (this.#left === 0) this.#done();
  }

  /** Microseconds that the server's main thread has run. */
  #used() {
    const fields = readFileSync(`/proc/${this.#child.pid}/schedstat`, "utf8").split(" ");
    return Number(fields[0]) / 1000;
  }

  /** @param {string} mark @param {number} count Events; the last of them is timed. */
  async round(mark, count) {
    this.#mark = mark;
    this.#left = CLIENTS;
    const all = new Promise((resolve) => (this.#done = resolve));
    const used = this.#used();
    this.#sentAt = performance.now();
    this.#child.send({ mark, count });
    await all;
    this.#figures.rounds.push(performance.now() - this.#sentAt);
    this.#figures.processor.push(this.#used() - used);
  }

  stop() {
    this.#child.disconnect();
  }
}

function quantile(figures, part) {
  const sorted = figures.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
}

const contestants = [new Contestant("plain"), new Contestant("gateway")];

/** Both, in turns. */
async function measure(name, rounds, count) {
  for (const contestant of contestants) contestant.take();
  for (let number = 0; number < rounds; number += 1) {
    const order = number % 2 ? contestants : contestants.toReversed();
    for (const contestant of order) await contestant.round(`${name} ${number}.`, count);
  }
  return contestants.map((contestant) => contestant.take());
}

function say(name, [plain, gateway]) {
  const ratio = (gateway / plain).toFixed(2);
  console.log(`${name}: plain ${plain.toFixed(1)}, gateway ${gateway.toFixed(1)}, ratio ${ratio}`);
}

for (const contestant of contestants) await contestant.start();
await measure("warm-up", WARM_UP, 1);
const single = await measure("single", ROUNDS, 1);
const burst = await measure("burst", Math.ceil(ROUNDS / 10), MANY);
for (const contestant of contestants) contestant.stop();

const load = loadavg()[0].toFixed(1);
console.log(
  `${values.runtime}, ${CLIENTS} clients, ${ROUNDS} events; load ${load} of ${cpus().length}`,
);
const each = (figures, figure) => figures.map(figure);
say(
  `events a second, ${MANY} at once`,
  each(burst, ({ rounds }) => (1000 * MANY * CLIENTS) / quantile(rounds, 0.5)),
);
say(
  "µs of the server's main thread for one of them",
  each(burst, ({ processor }) => quantile(processor, 0.5) / (MANY * CLIENTS)),
);
say(
  "ms until all have one, median",
  each(single, ({ rounds }) => quantile(rounds, 0.5)),
);
say(
  "ms until a client has one, p99",
  each(single, ({ delays }) => quantile(delays, 0.99)),
);
say(
  "µs of the server's main thread for one",
  each(single, ({ processor }) => quantile(processor, 0.5) / CLIENTS),
);
process.exit();
