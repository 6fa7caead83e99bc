// Starts the gateway, and stops it: `node main.mjs` or `bun main.mjs`. See the README for its settings.

import { createApp } from "./app.mjs";
import { readConfig } from "./config.mjs";
import { serve } from "./node.mjs";

/** Milliseconds that clients have to take the last words. */
const GRACE = 2000;

const config = readConfig();
// bun reads the bindings as they are; for Node they are bundled.
const bindings = process.versions.bun ? "./bindings/index.ts" : "./bindings.mjs";
const { DbConnection } = await import(bindings);

const app = createApp(config, DbConnection);
const server = await serve(app.handler, config);
console.log(`gateway ${config.issuer} is listening`);
app.start();

async function stop() {
  app.stop();
  await server.close(GRACE);
}
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, stop);
