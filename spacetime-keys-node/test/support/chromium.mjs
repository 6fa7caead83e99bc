// A headless Chromium with one page, driven by the DevTools protocol over two pipes: JSON, each message ended by a
// zero byte (`--remote-debugging-pipe`). No port is open, and no package is needed.

import { spawn } from "node:child_process";
import { rmSync } from "node:fs";

import { temporaryFolder } from "./files.mjs";

/** A test that waits longer than this for the page has lost it. */
const DEADLINE = 120_000;

const program = process.env.CHROMIUM || "chromium";

export class Chromium {
  #child;
  #profile = temporaryFolder();
  #commands;
  #rest = "";
  #next = 1;
  #waiting = new Map();
  #session;
  /** What the page has thrown, or broken of its policy. */
  complaints = [];

  /** @param proxy The address that all its requests go through: none goes anywhere else. */
  static async start({ proxy, width, height }) {
    const chromium = new Chromium();
    const flags = [
      "--headless",
      "--remote-debugging-pipe",
      `--user-data-dir=${chromium.#profile}`,
      `--proxy-server=${proxy}`,
      // This machine's addresses, too.
      "--proxy-bypass-list=<-loopback>",
      ...["--no-first-run", "--disable-background-networking", "--disable-component-update"],
      ...["--disable-extensions", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"],
      // Its sandbox refuses to be started by root, as tests in containers are.
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
    ];
    const stdio = ["ignore", "ignore", "ignore", "pipe", "pipe"];
    const env = { PATH: process.env.PATH, HOME: chromium.#profile, LANG: "C.UTF-8", TZ: "UTC" };
    chromium.#child = spawn(program, [...flags, "about:blank"], { stdio, env });
    chromium.#child.once("error", () => {});
    process.once("exit", () => chromium.#child.kill("SIGKILL"));
    const [, , , commands, messages] = chromium.#child.stdio;
    chromium.#commands = commands;
    commands.on("error", () => {});
    messages.setEncoding("utf8");
    messages.on("data", (text) => chromium.#take(text));
    await chromium.#attach();
    const size = { width, height, deviceScaleFactor: 1, mobile: false };
    await chromium.#send("Emulation.setDeviceMetricsOverride", size);
    return chromium;
  }

  async #attach() {
    const { targetInfos } = await this.#send("Target.getTargets");
    const { targetId } = targetInfos.find(({ type }) => type === "page");
    const attached = await this.#send("Target.attachToTarget", { targetId, flatten: true });
    this.#session = attached.sessionId;
    for (const domain of ["Page", "Runtime", "Log"]) await this.#send(`${domain}.enable`);
  }

  #send(method, params = {}) {
    const id = this.#next;
    this.#next += 1;
    const message = { id, method, params, ...(this.#session && { sessionId: this.#session }) };
    this.#commands.write(`${JSON.stringify(message)}\0`);
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`no answer: ${method}`)), DEADLINE);
      this.#waiting.set(id, ({ result, error }) => {
        clearTimeout(late);
        if (error) reject(new Error(`${method}: ${error.message}`));
        else resolve(result);
      });
    });
  }

  #take(text) {
    const messages = `${this.#rest}${text}`.split("\0");
    this.#rest = messages.pop();
    for (const message of messages.map((one) => JSON.parse(one))) {
      const { id, method, params } = message;
      if (id) this.#waiting.get(id)?.(message);
      else if (method === "Runtime.exceptionThrown") {
        const { text, exception, url } = params.exceptionDetails;
        this.complaints.push([text, exception?.description, url].filter(Boolean).join(": "));
      } else if (method === "Log.entryAdded" && params.entry.source !== "network") {
        this.complaints.push(params.entry.text);
      }
    }
  }

  async open(url) {
    await this.#send("Page.navigate", { url });
  }

  /** The value of an expression in the page. */
  async evaluate(expression) {
    const wanted = { expression, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails } = await this.#send("Runtime.evaluate", wanted);
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description);
    return result.value;
  }

  /** Until an expression is true in the page. */
  async until(expression) {
    const end = Date.now() + DEADLINE;
    while (Date.now() < end) {
      if (await this.evaluate(expression)) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const shown = await this.evaluate("document.body.innerText");
    throw new Error(`it does not come to be: ${expression}\nthe page shows: ${shown}`);
  }

  /** Types into what a selector finds, as a keyboard does. */
  async type(selector, text) {
    await this.evaluate(`document.querySelector(${JSON.stringify(selector)}).focus()`);
    await this.#send("Input.insertText", { text });
  }

  async press(key) {
    const what = { key, code: key, windowsVirtualKeyCode: key === "Enter" ? 13 : 0 };
    await this.#send("Input.dispatchKeyEvent", { type: "keyDown", text: "\r", ...what });
    await this.#send("Input.dispatchKeyEvent", { type: "keyUp", ...what });
  }

  /** The window as a PNG. */
  async picture() {
    const { data } = await this.#send("Page.captureScreenshot", { format: "png" });
    return Buffer.from(data, "base64");
  }

  async stop() {
    const exited = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#session = undefined;
    this.#send("Browser.close").catch(() => {});
    await exited;
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }
}
