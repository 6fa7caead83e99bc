// TanStack Start: what `createFileRoute("/api/$")` is called with, in `src/routes/api/$.ts`.

/** @param {(request: Request) => Promise<Response>} gateway */
export function route(gateway) {
  const handler = ({ request }) => gateway(request);
  return { server: { handlers: { GET: handler, POST: handler } } };
}
