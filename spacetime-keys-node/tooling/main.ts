// Flags in, exit code out.

import { HELP, readFlags } from "./flags.ts";
import { AlreadyTold } from "./problem.ts";
import { Report } from "./report.ts";
import { resignOnly } from "./resign.ts";
import { rotate } from "./rotation.ts";
import { whenInterrupted } from "./signals.ts";
import type { Site } from "./site.ts";
import { verify } from "./verify.ts";

/** 0: done, or all is well. 1: anything else. */
export async function main(args: readonly string[], site: Site): Promise<0 | 1> {
  let report = new Report(false);
  try {
    const flags = readFlags(args, site);
    report = new Report(flags.verbose);
    const run = { report, site, flags, args, signal: whenInterrupted() };
    switch (flags.mode) {
      case "help":
        report.say(HELP);
        return 0;
      case "resign":
        await resignOnly(run);
        return 0;
      case "verify":
        return (await verify(run)) ? 0 : 1;
      case "rotate":
        await rotate(run);
        return 0;
    }
  } catch (error) {
    if (!(error instanceof AlreadyTold)) report.fail(error);
    return 1;
  }
}
