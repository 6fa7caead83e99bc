#!/usr/bin/env node
// The exchange under load: by itself, and beside Caddy and nginx with the recipes of
// docs/players-online.md, against the same proxy without it. Needs Debian's wrk, caddy and nginx.
//
//   node tests/bench/exchange.mjs [--seconds 10] [--minutes 0]
//
// --minutes: how long it is watched under load, with 10,000 idle connections beside it, for memory and
// open files that grow. SPACETIME_KEYS_PROGRAM names a program that is built already.

import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const ROUNDS = 5;
const IDLE = 10_000;
const [SERVER, EXCHANGE, WITH, WITHOUT] = [23000, 23010, 23020, 23021];

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "10" },
    minutes: { type: "string", default: "0" },
  },
});
const seconds = Number(values.seconds);
const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const folder = mkdtempSync(join(tmpdir(), "spacetime-keys-bench-"));
const children = [];

function built() {
  const cargo = (...args) => execFileSync("cargo", args, { cwd: root, encoding: "utf8" });
  cargo("build", "--release", "--quiet", "-p", "spacetime-keys-cli");
  const metadata = JSON.parse(cargo("metadata", "--no-deps", "--format-version", "1"));
  return join(metadata.target_directory, "release", "spacetime-keys");
}

const program = process.env.SPACETIME_KEYS_PROGRAM ?? built();
const keys = (...args) => execFileSync(program, args, { cwd: folder, encoding: "utf8" });

function start(command, ...args) {
  const env = { ...process.env, HOME: folder };
  const child = spawn(command, args, { cwd: folder, env, stdio: "ignore" });
  children.push(child);
  return child;
}

async function answers(port, path = "/") {
  for (;;) {
    const status = await fetch(`http://127.0.0.1:${port}${path}`).then(
      (reply) => reply.status,
      () => 0,
    );
    if (status === 200) return;
    await sleep(50);
  }
}

// A pair that is retired, one that is mounted, and a player's token of the first.
function host() {
  keys("key", "generate", "--out", "old");
  keys("key", "generate", "--out", "keys");
  const of = JSON.parse(keys("key", "fingerprint", "--json", "old/id_ecdsa.pub"));
  const now = Math.floor(Date.now() / 1000);
  const key = {
    public_key: readFileSync(join(folder, "old/id_ecdsa.pub"), "utf8"),
    fingerprint: of.fingerprint,
    retired_at: now,
    honored_until: now + 86_400,
    revoked: false,
  };
  const list = { version: 1, keys: [key], publishers: [] };
  writeFileSync(join(folder, "keys/retired-keys.json"), JSON.stringify(list));
  const subject = "0a4d6e3c-55d2-4c67-9d5c-f0a8bd7ac4d3";
  const claims = ["--issuer", "localhost", "--subject", subject, "--ttl", "12h"];
  return keys("token", "mint", "--private-key", "old/id_ecdsa", ...claims).trim();
}

function nginx(name, servers) {
  const kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  const temporary = kinds.map((kind) => `${kind}_temp_path ${folder}/${name}-${kind};`).join("\n");
  // A worker of another user could not read the folder.
  const user = process.getuid() === 0 ? "user root;" : "";
  const config = `${user} daemon off; worker_processes 1; pid ${folder}/${name}.pid; error_log /dev/null;
    events { worker_connections 4096; } http { access_log off; ${temporary}\n${servers} }`;
  writeFileSync(join(folder, `${name}.conf`), config);
  return start("nginx", "-c", join(folder, `${name}.conf`));
}

function recipe(language) {
  const page = readFileSync(join(root, "docs", "players-online.md"), "utf8");
  const block = page.split(`\`\`\`${language}\n`)[1].split("```")[0];
  return block
    .replaceAll("127.0.0.1:3010", `127.0.0.1:${EXCHANGE}`)
    .replaceAll("127.0.0.1:3000", `127.0.0.1:${SERVER}`);
}

// A server that costs nothing: what is measured is what stands before it.
async function server() {
  nginx(
    "server",
    `server { listen 127.0.0.1:${SERVER};
      location = /v1/identity/public-key { alias ${folder}/keys/id_ecdsa.pub; }
      location ~ /databases$ { return 200 '{"identities":[]}'; }
      location / { return 200 '{"token":"short"}'; } }`,
  );
  await answers(SERVER);
}

const proxies = {
  nginx: () =>
    nginx(
      "proxy",
      `${recipe("nginx").replace("listen 443 ssl;", `listen 127.0.0.1:${WITH};`)}
       server { listen 127.0.0.1:${WITHOUT}; location / { proxy_pass http://127.0.0.1:${SERVER}; } }`,
    ),
  caddy: () => {
    const site = recipe("caddyfile").replace("game.example.com", `http://127.0.0.1:${WITH}`);
    const plain = `http://127.0.0.1:${WITHOUT} {\n\treverse_proxy 127.0.0.1:${SERVER}\n}\n`;
    writeFileSync(join(folder, "Caddyfile"), `{\n\tadmin off\n}\n${site}\n${plain}`);
    return start("caddy", "run", "--adapter", "caddyfile", "--config", join(folder, "Caddyfile"));
  },
};

function load(port, path, token, connections = 16, time = seconds) {
  const header = `Authorization: Bearer ${token}`;
  const url = `http://127.0.0.1:${port}${path}`;
  const args = ["-t1", `-c${connections}`, `-d${time}s`, "--latency", "-H", header, url];
  return new Promise((resolve) => {
    const wrk = spawn("wrk", args, { stdio: ["ignore", "pipe", "ignore"] });
    let text = "";
    wrk.stdout.on("data", (part) => (text += part));
    wrk.on("close", () => resolve(figures(text)));
  });
}

function figures(text) {
  const milliseconds = (label) => {
    const [, value, unit] = text.match(new RegExp(`${label}\\s+([\\d.]+)(us|ms|s)`));
    return Number(value) * { us: 0.001, ms: 1, s: 1000 }[unit];
  };
  const rate = Number(text.match(/Requests\/sec:\s+([\d.]+)/)[1]);
  const failed = /Non-2xx|Socket errors/.test(text);
  return { rate, p50: milliseconds("50%"), p99: milliseconds("99%"), failed };
}

const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1];

function usage(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return {
    cpu: (Number(stat[11]) + Number(stat[12])) / 100,
    rss: Number(status.match(/VmRSS:\s+(\d+)/)[1]) / 1024,
    files: readdirSync(`/proc/${pid}/fd`).length,
  };
}

async function alone(pid, token) {
  const before = usage(pid);
  const { rate, p99 } = await load(EXCHANGE, "/forward-auth", token);
  const cpu = usage(pid).cpu - before.cpu;
  const each = Math.round((rate * seconds) / cpu);
  console.log(
    `the exchange alone: ${Math.round(rate)} requests a second, p99 ${p99} ms; ${each} a second of processor time`,
  );
}

async function beside(name, token) {
  const proxy = proxies[name]();
  await Promise.all([answers(WITH), answers(WITHOUT)]);
  const runs = { with: [], without: [] };
  // In turns, so that a slow moment of the machine hits both.
  for (let round = 0; round < ROUNDS; round++) {
    runs.with.push(await load(WITH, "/v1/identity/websocket-token", token));
    runs.without.push(await load(WITHOUT, "/v1/identity/websocket-token", token));
  }
  const failed = [...runs.with, ...runs.without].some((run) => run.failed);
  const of = (kind, figure) => median(runs[kind].map((run) => run[figure]));
  const [rate, plain] = [of("with", "rate"), of("without", "rate")];
  const ratio = (figure) => (of("with", figure) / of("without", figure)).toFixed(2);
  console.log(
    `${name}: ${Math.round(rate)} requests a second with, ${Math.round(plain)} without; × ${ratio("p50")} at p50, × ${ratio("p99")} at p99${failed ? "; SOME FAILED" : ""}`,
  );
  proxy.kill();
  await new Promise((resolve) => proxy.on("exit", resolve));
}

// Idle connections, opened again when they are closed, as a client does that wants to be a nuisance.
async function idle(token) {
  const before = await load(EXCHANGE, "/forward-auth", token);
  let [open, opened] = [new Set(), 0];
  for (let number = 0; number < IDLE; number++) {
    const socket = connect(EXCHANGE, "127.0.0.1", () => opened++);
    open.add(socket);
    socket.on("error", () => {}).on("close", () => open.delete(socket));
    if (number % 100 === 0) await sleep(5);
  }
  const beside = await load(EXCHANGE, "/forward-auth", token);
  console.log(
    `${opened} connections that say nothing: ${open.size} were still open; p99 ${beside.p99} ms, before ${before.p99} ms${beside.failed ? "; SOME FAILED" : ""}`,
  );
  return () => {
    for (const socket of open) socket.destroy();
  };
}

async function watched(pid, token, minutes) {
  const first = usage(pid);
  let [most, end] = [first, Date.now() + minutes * 60_000];
  let requests = 0;
  while (Date.now() < end) {
    const { rate, failed } = await load(EXCHANGE, "/forward-auth", token, 64, 10);
    requests += rate * 10;
    if (failed) console.log("SOME FAILED");
    const now = usage(pid);
    if (now.rss > most.rss) most = now;
  }
  await sleep(7000);
  const last = usage(pid);
  console.log(
    `${minutes} minutes, ${Math.round(requests)} requests: ${first.rss.toFixed(0)} MiB at first, ${most.rss.toFixed(0)} at most, ${last.rss.toFixed(0)} at last; files ${first.files}, then ${last.files}`,
  );
}

try {
  for (const needed of ["wrk", "caddy", "nginx"]) {
    if (spawnSync("which", [needed]).status !== 0) throw new Error(`${needed} is needed`);
  }
  const token = host();
  await server();
  const exchange = start(
    program,
    ...["exchange", "-q", "--server", `http://127.0.0.1:${SERVER}`, "--keys-dir", "keys"],
    ...["--listen", `127.0.0.1:${EXCHANGE}`],
  );
  await answers(EXCHANGE, "/healthz");
  await alone(exchange.pid, token);
  for (const name of Object.keys(proxies)) await beside(name, token);
  const end = await idle(token);
  end();
  if (Number(values.minutes) > 0) await watched(exchange.pid, token, Number(values.minutes));
} finally {
  for (const child of children) child.kill();
  await sleep(500);
  rmSync(folder, { recursive: true, force: true });
}
