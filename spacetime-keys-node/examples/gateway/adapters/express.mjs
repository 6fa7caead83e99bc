// Express: before anything that reads bodies.

import { toNodeHandler } from "spacetime-keys";

/** @param {import("express").Express} app @param {(request: Request) => Promise<Response>} gateway */
export function mount(app, gateway) {
  const handler = toNodeHandler(gateway);
  return app.use((request, response, next) =>
    request.path.startsWith("/api/") ? handler(request, response) : next(),
  );
}
