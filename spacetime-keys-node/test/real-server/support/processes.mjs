// Programs that end by themselves, or are ended: none outlives the test, however the test ends.

import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

// Far more than any of the programs needs, so that a slow machine is not a failed test.
const DEADLINE = 600_000;

const running = new Set();
const folders = new Set();

process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(1));

/** A folder that is gone after the test. */
export function temporaryFolder(prefix) {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  folders.add(folder);
  return folder;
}

/** Runs a program to its end, without input, and gives how it ended and what it said. */
export function run(program, options = {}) {
  const [file, ...args] = program;
  const ended = spawnSync(file, args, {
    stdio: ["ignore", "pipe", "pipe"],
    timeout: DEADLINE,
    killSignal: "SIGKILL",
    encoding: "utf8",
    ...options,
  });
  if (ended.error) throw new Error(`${file}: ${ended.error.code}`);
  return {
    success: ended.status === 0,
    status: ended.status,
    stdout: ended.stdout,
    stderr: ended.stderr,
    output: `${ended.stdout}${ended.stderr}`,
  };
}

/** Starts a program that runs until {@link stop}. `exited` settles when it ends by itself. */
export function start(program, options) {
  const [file, ...args] = program;
  const child = spawn(file, args, options);
  running.add(child);
  const exited = new Promise((resolve) => {
    child.once("error", resolve);
    child.once("exit", resolve);
  });
  exited.then(() => running.delete(child));
  return { child, exited };
}

/** After this long without the event that is waited for, the wait is over. */
function deadline() {
  let timer;
  const over = new Promise((resolve) => (timer = setTimeout(resolve, DEADLINE, "late")));
  return { over, clear: () => clearTimeout(timer) };
}

/** Ends a program, and waits for its end. */
export async function stop(started, signal = "SIGKILL") {
  started.child.kill(signal);
  const { over, clear } = deadline();
  const isLate = (await Promise.race([started.exited, over])) === "late";
  clear();
  if (isLate) throw new Error(`${started.child.spawnfile} did not end at ${signal}`);
}

/**
 * Asks again and again until there is an answer; gives up when the program that is asked ends. What
 * answers after that is somebody else, who has its port.
 */
export async function until(started, answer, complaint) {
  let isOver = false;
  const { over, clear } = deadline();
  const end = Promise.race([started.exited, over]).then(() => {
    isOver = true;
    return false;
  });
  while (!isOver) {
    // An answer that does not come is not waited for longer than the program lives.
    const answered = await Promise.race([answer().catch(() => false), end]);
    // A turn, so that an end that has just come is heard of.
    await Promise.race([end, new Promise((resolve) => setTimeout(resolve, 20))]);
    if (answered && !isOver) return clear();
  }
  clear();
  throw new Error(complaint());
}
