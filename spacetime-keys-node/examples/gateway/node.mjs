// The gateway on `node:http`, on Node and bun.

import { once } from "node:events";
import { createServer } from "node:http";

import { toNodeHandler } from "spacetime-keys";

/** Bytes of a request's body. */
const BODY_LIMIT = 128 << 10;

/**
 * @param {(request: Request) => Promise<Response>} handler
 * @param {{ host: string, port: number }} address
 */
export async function serve(handler, { host, port }) {
  const listener = toNodeHandler(handler, { bodyLimit: BODY_LIMIT });
  const server = createServer({ requestTimeout: 10_000 }, listener).listen(port, host);
  await once(server, "listening");
  return {
    port: server.address().port,

    /** Takes nothing new, and ends what has not ended by itself in so many milliseconds. */
    async close(grace) {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), grace);
      await closed;
      clearTimeout(timer);
    },
  };
}
