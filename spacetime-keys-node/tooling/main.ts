// Flags in, exit code out.

import { HELP, readFlags } from "./flags.ts";
import { Report } from "./report.ts";
import { resignOnly } from "./resign.ts";
import { rotate } from "./rotation.ts";
import type { Site } from "./site.ts";
import { verify } from "./verify.ts";

/** 0: done, or all is well. 1: anything else. */
export async function main(args: readonly string[], site: Site): Promise<0 | 1> {
  let report = new Report(false);
  try {
    const flags = readFlags(args, site);
    report = new Report(flags.verbose);
    const run = { report, site, flags, args, signal: whenInterrupted() };
    if (flags.mode === "verify") return (await verify(run)) ? 0 : 1;
    if (flags.mode === "rotate") await rotate(run);
    else if (flags.mode === "resign") await resignOnly(run);
    else report.say(HELP);
    return 0;
  } catch (error) {
    report.fail(error);
    return 1;
  }
}

/** Is aborted by the first signal: the engine stops az and ends. A second one ends the process. */
function whenInterrupted(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(1);
      controller.abort();
    });
  }
  return controller.signal;
}
