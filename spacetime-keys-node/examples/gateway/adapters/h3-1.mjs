// h3 1, which Nitro 2 has inside, and so Analog: there it is `src/server/routes/api/[...].ts` with this as its
// default export.
//
// Not `toWebRequest`, and not a `Response` as the answer: h3 1 tells no handler that the client has gone, and it
// reads a stream without waiting for the client to take it, so one that sleeps fills the memory.

import { fromNodeMiddleware } from "h3-v1";
import { toNodeHandler } from "spacetime-keys";

/** @param {(request: Request) => Promise<Response>} gateway */
export function eventHandler(gateway) {
  const handler = toNodeHandler(gateway);
  // By the third parameter h3 knows that the answer's end is to be waited for.
  return fromNodeMiddleware((request, response, _next) => handler(request, response));
}
