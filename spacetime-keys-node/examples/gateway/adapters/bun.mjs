// `Bun.serve`. An event stream is silent for longer than bun waits by default.

/** @param {(request: Request) => Promise<Response>} gateway */
export function serve(gateway, { host: hostname, port }) {
  return Bun.serve({ hostname, port, idleTimeout: 0, fetch: gateway });
}
