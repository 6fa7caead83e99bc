// Hosts of the package's WebAssembly. Each takes what is asked, and gives the answers.

import { spawn } from "node:child_process";
import { cpSync, existsSync, readdirSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";

import { Chromium } from "../support/chromium.mjs";
import { packageFolder, temporaryFolder } from "../support/files.mjs";

const dist = join(packageFolder, "web/dist");
const here = import.meta.dirname;
/** What `tests/web/install` has installed. */
const tools = process.env.SPACETIME_KEYS_WEB_HOSTS;
const tool = (name) => join(tools, "node_modules/.bin", name);

function program(command, ...args) {
  return async (asked) => {
    const input = JSON.stringify(asked);
    // Not synchronously: the server that is asked runs in this process.
    const child = spawn(command, [...args, join(here, "host.mjs")], {
      cwd: packageFolder,
      stdio: ["pipe", "pipe", "inherit"],
    });
    child.stdin.end(input);
    return JSON.parse(await textOf(child.stdout));
  };
}

async function textOf(stream) {
  stream.setEncoding("utf8");
  let text = "";
  for await (const part of stream) text += part;
  return text;
}

/** A worker that listens on a socket in a folder. */
const workerd = (date) => async (asked) => {
  const folder = temporaryFolder();
  const socket = join(folder, "socket");
  cpSync(dist, folder, { recursive: true });
  for (const name of ["calls.mjs", "worker.mjs"]) cpSync(join(here, name), join(folder, name));
  const modules = ["worker.mjs", "calls.mjs", "workerd.mjs", "library.mjs"]
    .map((name) => `(name = "${name}", esModule = embed "${name}")`)
    .join(", ");
  const wasm = `(name = "spacetime-keys.wasm", wasm = embed "spacetime-keys.wasm")`;
  writeFileSync(
    join(folder, "config.capnp"),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (modules = [${modules}, ${wasm}], compatibilityDate = "${date}")),
    (name = "internet", network = (allow = ["private", "public"])),
  ],
  sockets = [(name = "http", address = "unix:${socket}", http = (), service = "main")],
);
`,
  );
  const child = spawn(tool("workerd"), ["serve", "config.capnp"], {
    cwd: folder,
    stdio: "inherit",
  });
  try {
    while (!existsSync(socket)) {
      if (child.exitCode !== null) throw new Error("workerd does not start");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const sent = request({ socketPath: socket, method: "POST", path: "/" });
    const response = await new Promise((resolve, reject) => {
      sent.on("response", resolve);
      sent.on("error", reject);
      sent.end(JSON.stringify(asked));
    });
    const text = await textOf(response);
    if (response.statusCode !== 200) throw new Error(`workerd: ${response.statusCode} ${text}`);
    return JSON.parse(text);
  } finally {
    child.kill("SIGKILL");
  }
};

/** The files come from the server that is asked, which is the browser's proxy, too. */
async function chromium(asked) {
  const { origin } = asked.server;
  const proxy = new URL(origin).host;
  const browser = await Chromium.start({ proxy, width: 800, height: 600 });
  try {
    await browser.open(`${origin}/`);
    await browser.until("document.readyState === 'complete' && location.protocol === 'http:'");
    const text = await browser.evaluate(`(async () => {
      const api = await import("/browser.mjs");
      const { everything } = await import("/calls.mjs");
      return JSON.stringify(await everything(api, ${JSON.stringify(asked)}));
    })()`);
    if (browser.complaints.length > 0) throw new Error(browser.complaints.join("\n"));
    return JSON.parse(text);
  } finally {
    await browser.stop();
  }
}

const bun = process.env.BUN ?? join(packageFolder, "node_modules/.bin/bun");

export const few = { node: program(process.execPath), bun: program(bun) };
/** With and without what came on 2025-05-05: a `FinalizationRegistry`. */
export const others = {
  deno: (asked) =>
    program(tool("deno"), "run", "-A", "--no-lock", "--node-modules-dir=manual")(asked),
  workerd: workerd("2025-10-01"),
  "workerd of an older date": workerd("2024-10-01"),
  chromium,
};

/** What a page may load. */
export function pageFiles() {
  const files = { "/calls.mjs": join(here, "calls.mjs") };
  for (const name of readdirSync(dist)) files[`/${name}`] = join(dist, name);
  return files;
}
