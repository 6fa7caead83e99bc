// A server of event streams in a process of its own: `gateway`, the example's log and streams behind its server, or
// `plain`, the simplest broadcast that there is: a list of responses, and every event written to each.

import { once } from "node:events";
import { createServer } from "node:http";

import { EventLog, frame } from "../examples/gateway/event-log.mjs";
import { serve } from "../examples/gateway/node.mjs";
import { EventStreams } from "../examples/gateway/stream.mjs";

const HEAD = { "content-type": "text/event-stream", "cache-control": "no-store" };
const tenantId = "acme";

/** A document as the gateway tells of it. `mark` is what a client finds it by. */
const payload = (mark) => ({
  id: "1",
  tenant_id: tenantId,
  title: mark,
  body: "x".repeat(100),
  version: 1,
  changed_by: "c2".repeat(32),
  changed_at: new Date().toISOString(),
});

const kinds = {
  async gateway() {
    const log = new EventLog(tenantId);
    const streams = new EventStreams({ limit: Number.POSITIVE_INFINITY });
    streams.start();
    const what = { log, tenantId, identity: "", documents: () => [], isCurrent: () => true };
    const handler = async ({ signal }) => {
      const watch = { ...what, after: log.id(log.last) };
      return new Response(streams.open(watch, signal), { headers: HEAD });
    };
    const { port } = await serve(handler, { host: "127.0.0.1", port: 0 });
    return { port, emit: (mark) => log.append("document.written", payload(mark)) };
  },

  async plain() {
    const responses = [];
    let count = 0;
    const server = createServer((_, response) => {
      response.writeHead(200, HEAD).write("retry: 1000\n\n");
      responses.push(response);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const emit = (mark) => {
      count += 1;
      const what = { event: "document.written", id: `000000000000-${count}`, tenantId };
      const bytes = frame({ ...what, payload: payload(mark) });
      for (const response of responses) response.write(bytes);
    };
    return { port: server.address().port, emit };
  },
};

const { port, emit } = await kinds[process.argv[2]]();
process.on("message", ({ mark, count }) => {
  for (let number = 1; number < count; number += 1) emit("one of many");
  emit(mark);
});
process.on("disconnect", () => process.exit());
process.send({ port });
