// Flags in, exit code out.

import { Az } from "./az.ts";
import { HELP, readFlags } from "./flags.ts";
import { AlreadyTold } from "./problem.ts";
import { Report } from "./report.ts";
import { resignOnly } from "./resign.ts";
import { rotate } from "./rotation.ts";
import { installSignalHandlers } from "./signals.ts";
import { type Site, checkSite } from "./site.ts";
import { verify } from "./verify.ts";

/** 0: done, or all is well. 1: anything else. */
export async function main(args: readonly string[], site: Site): Promise<0 | 1> {
  let report = new Report(false);
  try {
    checkSite(site);
    const flags = readFlags(args, site);
    report = new Report(flags.verbose);
    installSignalHandlers();
    switch (flags.mode) {
      case "help":
        report.say(HELP);
        return 0;
      case "resign":
        resignOnly(report, flags);
        return 0;
      case "verify":
        return (await verify({ az: new Az(report), report }, site, flags)) ? 0 : 1;
      case "rotate":
        await rotate({ az: new Az(report), report }, site, flags, args);
        return 0;
    }
  } catch (error) {
    if (!(error instanceof AlreadyTold)) report.fail(error);
    return 1;
  }
}
