// A server after a rotation, as far as an exchange sees it: the folder of its keys, and the two
// questions that it answers.

import { renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

import { temporaryFolder } from "./files.mjs";
import { list, present } from "./retired.mjs";

export class Server {
  folder = temporaryFolder();
  /** Every question: its path, and whether a token came along. */
  asked = [];
  /** The key that it serves. */
  key = present.publicKey;
  /** Identities that own a database. */
  owners = [];
  /** In the place of an answer, by the path's last part: a function of response. */
  instead = {};
  #server = createServer((request, response) => this.#answer(request, response));

  static async start() {
    const server = new Server();
    server.mount(present.privateKey);
    server.retire(list);
    await new Promise((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  /** Puts a private key into the folder, as a rotation does: by renaming. */
  mount(privateKey) {
    this.#write("id_ecdsa", privateKey, 0o600);
  }

  /** Puts the list of retired keys there: an object or a text; `null`: none. */
  retire(value) {
    if (value === null) rmSync(join(this.folder, "retired-keys.json"));
    else
      this.#write("retired-keys.json", typeof value === "string" ? value : JSON.stringify(value));
  }

  #write(name, text, mode = 0o644) {
    const path = join(this.folder, name);
    writeFileSync(`${path}.new`, text, { mode });
    renameSync(`${path}.new`, path);
  }

  /** How often it was asked for something that ends so. */
  count(end) {
    return this.asked.filter(({ path }) => path.endsWith(end)).length;
  }

  #answer({ method, url: path, headers }, response) {
    this.asked.push({ method, path, hasToken: headers.authorization !== undefined });
    const last = path.split("/").at(-1);
    if (Object.hasOwn(this.instead, last)) return this.instead[last](response);
    if (path === "/v1/identity/public-key") return response.end(this.key);
    const [, identity] = path.match(/^\/v1\/identity\/([0-9a-f]{64})\/databases$/) ?? [];
    if (identity === undefined) return response.writeHead(404).end();
    response.setHeader("content-type", "application/json");
    const identities = this.owners.includes(identity) ? [identity] : [];
    response.end(JSON.stringify({ identities }));
  }

  /** Ends it, and every connection with it: a server that is being restarted. */
  stop() {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(resolve));
  }
}
