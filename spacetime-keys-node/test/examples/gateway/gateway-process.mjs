// What the gateway's process holds: memory after a collection, open files by /proc.

import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { eventually } from "./world.mjs";

const TELL = fileURLToPath(new URL("tell.mjs", import.meta.url));

/** The environment by which a gateway tells its memory. @param runtime `node` or `bun`. */
export function telling(runtime) {
  return runtime === "bun"
    ? { BUN_OPTIONS: `--preload ${TELL}` }
    : { NODE_OPTIONS: `--import ${TELL}` };
}

let asked = 0;

/** @returns {Promise<{ rss: number, heap: number, buffers: number, files: number }>} Megabytes, and a count. */
export async function holdings({ app }) {
  asked += 1;
  process.kill(app.pid, "SIGUSR2");
  const told = new RegExp(`^memory ${asked} (.*)$`, "m");
  await eventually(() => told.test(app.log()), "the gateway does not tell its memory");
  return { ...JSON.parse(app.log().match(told)[1]), files: openFiles(app) };
}

export function openFiles(app) {
  return readdirSync(`/proc/${app.pid}/fd`).length;
}
