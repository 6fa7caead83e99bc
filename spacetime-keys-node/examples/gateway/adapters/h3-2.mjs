// h3 2, which Nitro 3 has inside.

/** @param {import("h3").H3} app @param {(request: Request) => Promise<Response>} gateway */
export function mount(app, gateway) {
  return app.all("/api/**", (event) => gateway(event.req));
}
