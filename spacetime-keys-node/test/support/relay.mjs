// A line between a client and a server on this machine, which can be cut.

import { once } from "node:events";
import { connect, createServer } from "node:net";

export class Relay {
  #server;
  #sockets = new Set();
  #port;
  /** What clients have sent, as text. */
  sent = "";
  port;

  /** @param port The server's. */
  static async start(port) {
    const relay = new Relay();
    relay.#port = port;
    await relay.#listen(0);
    relay.port = relay.#server.address().port;
    return relay;
  }

  async #listen(port) {
    this.#server = createServer((client) => this.#join(client)).listen(port, "127.0.0.1");
    await once(this.#server, "listening");
  }

  #join(client) {
    const server = connect(this.#port, "127.0.0.1");
    client.on("data", (bytes) => (this.sent += bytes));
    for (const [from, to] of [
      [client, server],
      [server, client],
    ]) {
      this.#sockets.add(from);
      from.pipe(to);
      from.on("error", () => {});
      from.on("close", () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    }
  }

  /** Nothing that was open stays so, and nobody gets through until {@link repair}. */
  async cut() {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  mend() {
    return this.#listen(this.port);
  }
}
