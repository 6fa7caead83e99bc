// Events of the gateway's example beside a plain broadcast of the same runtime: how long an event takes to reach
// all, what it costs the server's processor, and when the last ones in a hundred have it.
//
//   node bench/gateway.mjs [--clients 1000] [--rounds 200] [--runtime node|bun]
//
// An event is sent when all have the one before: a round. Rounds of the two take turns, so that others who use
// the machine slow down both; what counts is the ratio.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
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

const runtimes = {
  node: process.execPath,
  bun: fileURLToPath(new URL("../node_modules/.bin/bun", import.meta.url)),
};

class Contestant {
  #child;
  #mark = "";
  #left = 0;
  #sentAt = 0;
  #done = () => {};
  delays = [];
  rounds = [];
  processor = [];

  constructor(name) {
    this.name = name;
  }

  async start() {
    const script = fileURLToPath(new URL("gateway-server.mjs", import.meta.url));
    const stdio = ["ignore", "inherit", "inherit", "ipc"];
    this.#child = spawn(runtimes[values.runtime], [script, this.name], { stdio });
    const [{ port }] = await once(this.#child, "message");
    for (let number = 0; number < CLIENTS; number += 1) await this.#join(port);
  }

  async #join(port) {
    const socket = connect(port, "127.0.0.1");
    socket.setEncoding("latin1");
    socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await once(socket, "data");
    socket.on("data", (text) => this.#take(text));
  }

  #take(text) {
    if (this.#mark === "" || !text.includes(this.#mark)) return;
    this.delays.push(performance.now() - this.#sentAt);
    this.#left -= 1;
    if (this.#left === 0) this.#done();
  }

  /** Microseconds of the server's process, of all its threads. */
  #used() {
    const fields = readFileSync(`/proc/${this.#child.pid}/schedstat`, "utf8").split(" ");
    return Number(fields[0]) / 1000;
  }

  async round(number) {
    this.#mark = `round ${number}.`;
    this.#left = CLIENTS;
    const all = new Promise((resolve) => (this.#done = resolve));
    const used = this.#used();
    this.#sentAt = performance.now();
    this.#child.send(this.#mark);
    await all;
    this.rounds.push(performance.now() - this.#sentAt);
    this.processor.push(this.#used() - used);
  }

  forget() {
    this.delays = [];
    this.rounds = [];
    this.processor = [];
  }

  stop() {
    this.#child.send(null);
  }
}

function quantile(figures, part) {
  const sorted = figures.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
}

const figures = {
  "ms until all have it, median": ({ rounds }) => quantile(rounds, 0.5),
  "events a second": ({ rounds }) => (1000 * CLIENTS) / quantile(rounds, 0.5),
  "ms until one has it, p99": ({ delays }) => quantile(delays, 0.99),
  "µs of the server's main thread for one": ({ processor }) => quantile(processor, 0.5) / CLIENTS,
};

const contestants = [new Contestant("plain"), new Contestant("gateway")];
for (const contestant of contestants) await contestant.start();
for (let number = 0; number < WARM_UP + ROUNDS; number += 1) {
  if (number === WARM_UP) for (const contestant of contestants) contestant.forget();
  const order = number % 2 ? contestants : contestants.toReversed();
  for (const contestant of order) await contestant.round(number);
}
for (const contestant of contestants) contestant.stop();

console.log(`${values.runtime}, ${CLIENTS} clients, ${ROUNDS} events`);
for (const [name, figure] of Object.entries(figures)) {
  const [plain, gateway] = contestants.map(figure);
  const ratio = (gateway / plain).toFixed(2);
  console.log(`${name}: plain ${plain.toFixed(1)}, gateway ${gateway.toFixed(1)}, ratio ${ratio}`);
}
process.exit();
