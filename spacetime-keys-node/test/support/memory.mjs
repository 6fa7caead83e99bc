// How much memory is left when everything that can go is gone.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Collects garbage, on Node and on bun. */
export function collect() {
  if (globalThis.Bun) {
    globalThis.Bun.gc(true);
  } else {
    setFlagsFromString("--expose-gc");
    runInNewContext("gc")();
  }
}

const megabytes = () => process.memoryUsage().rss / 2 ** 20;

/** The RSS in MB after finalizers had their turn. */
export async function settledRss() {
  for (let round = 0; round < 3; round += 1) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return megabytes();
}
