// Hono: its request is a `Request` already.

/** @param {import("hono").Hono} app @param {(request: Request) => Promise<Response>} gateway */
export function mount(app, gateway) {
  return app.all("/api/*", (context) => gateway(context.req.raw));
}
