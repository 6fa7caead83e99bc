// An app by the code of docs/better-auth.md: its files in a folder, and a listener on loopback.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { generateKeyPair, toNodeHandler } from "spacetime-keys";

import { packageFolder, temporaryFolder } from "../support/files.mjs";
import { namedBlocks } from "../support/pages.mjs";

const blocks = namedBlocks("better-auth.md", "js");
const installed = execFileSync(join(import.meta.dirname, "packages/install"), {
  encoding: "utf8",
}).trim();
process.env.BETTER_AUTH_SECRET = "for nothing but this test 0123456789";
process.env.BETTER_AUTH_TELEMETRY = "0";

const TABLES = [
  ...["user", "session", "account", "verification", "jwks", "rateLimit"],
  ...["organization", "member", "invitation"],
  ...["oauthClient", "oauthAccessToken", "oauthRefreshToken", "oauthConsent"],
  ...["oauthResource", "oauthClientResource", "oauthClientAssertion"],
];
/** What the page says is the reader's own. */
const DATABASE = `
  import { memoryAdapter } from "better-auth/adapters/memory";
  const tables = ${JSON.stringify(TABLES)};
  export const database = memoryAdapter(Object.fromEntries(tables.map((name) => [name, []])));`;

const asItIs = (code) => code;

export class Site {
  #folder = temporaryFolder();
  #routes = {};
  #server;
  origin;
  privateKey = generateKeyPair().privateKey;

  /**
   * The files of the page that stand in this folder, with the page's origin made this listener's.
   *
   * @param inAuth What is done to `auth.js` besides.
   * @param inTokens The same for `tokens.js`.
   */
  static async open(name, inAuth = asItIs, inTokens = asItIs) {
    const changes = { "auth.js": inAuth, "tokens.js": inTokens };
    const site = new Site();
    site.#server = createServer(toNodeHandler((request) => site.#answer(request)));
    await new Promise((resolve) => site.#server.listen(0, "127.0.0.1", resolve));
    site.origin = `http://127.0.0.1:${site.#server.address().port}`;
    const files = Object.entries(blocks).filter(([path]) => path.startsWith(`${name}/`));
    assert.notEqual(files.length, 0, name);
    for (const [path, code] of files) {
      // Not the client's: nothing at that place is asked for, and it must be https.
      const here = code
        .replaceAll(/https:\/\/app\.example\.com(?!\/callback)/g, site.origin)
        .replaceAll('target: "prod"', 'target: "dev"');
      const file = path.slice(name.length + 1);
      site.#write(file, (changes[file] ?? asItIs)(here));
    }
    site.#write("database.js", DATABASE);
    site.#write("package.json", '{ "type": "module" }');
    site.#write("app-key.pem", site.privateKey);
    mkdirSync(join(site.#folder, "node_modules"));
    const link = (package_, to) => symlinkSync(to, join(site.#folder, "node_modules", package_));
    link("spacetime-keys", packageFolder);
    for (const package_ of ["better-auth", "@better-auth"]) {
      link(package_, join(installed, "node_modules", package_));
    }
    return site;
  }

  #write(name, text) {
    mkdirSync(dirname(join(this.#folder, name)), { recursive: true });
    writeFileSync(join(this.#folder, name), text, { mode: 0o600 });
  }

  /** One of the page's files, as a module. */
  load(name) {
    // The page reads the app's key where it is run.
    process.chdir(this.#folder);
    return import(pathToFileURL(join(this.#folder, name)).href);
  }

  /** Gives paths that begin so to handlers of `Request`s. */
  route(routes) {
    Object.assign(this.#routes, routes);
  }

  #answer(request) {
    const { pathname } = new URL(request.url);
    const found = Object.keys(this.#routes).find((start) => pathname.startsWith(start));
    return found === undefined ? new Response(null, { status: 404 }) : this.#routes[found](request);
  }

  /** Somebody new, as their browser is. */
  async signUp(name) {
    const user = new User(this.origin);
    const body = { name, email: `${name}@example.com`, password: `password of ${name}` };
    await user.post("/api/auth/sign-up/email", body);
    return user;
  }

  close() {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(resolve));
  }
}

class User {
  #origin;
  headers = {};

  constructor(origin) {
    this.#origin = origin;
  }

  async ask(path, init) {
    const headers = { ...init?.headers, ...this.headers };
    const options = { ...init, headers, redirect: "manual" };
    const response = await fetch(this.#origin + path, options);
    const cookies = response.headers.getSetCookie().map((cookie) => cookie.split(";")[0]);
    if (cookies.length) this.headers = { cookie: cookies.join("; ") };
    return response;
  }

  async json(path, init) {
    const response = await this.ask(path, init);
    assert.equal(response.status, 200, path);
    return response.json();
  }

  post(path, body) {
    const headers = { "content-type": "application/json", origin: this.#origin };
    return this.json(path, { method: "POST", headers, body: JSON.stringify(body) });
  }
}
