// Loaded into the gateway's process before it (`--import`, or bun's `--preload`): asked by a signal, it says in its log what memory
// is left when everything that can go is gone.

import { settledRss } from "../../support/memory.mjs";

let count = 0;
process.on("SIGUSR2", async () => {
  const rss = await settledRss();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  count += 1;
  const megabytes = (bytes) => Math.round((bytes / 2 ** 20) * 10) / 10;
  const told = {
    rss: Math.round(rss),
    heap: megabytes(heapUsed),
    buffers: megabytes(arrayBuffers),
  };
  console.log(`memory ${count} ${JSON.stringify(told)}`);
});
