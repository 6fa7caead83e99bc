// Carries a call of the engine out, and kills its own process at an event.
//
//   node engine-child.mjs FOLDER EVENT

import { rotate } from "spacetime-keys";
import { fleetAt } from "./engine.mjs";

const [folder, at] = process.argv.slice(2);
let events = 0;
await rotate(fleetAt(folder), {
  environments: ["local"],
  host: "local",
  onEvent: () => {
    if (events === Number(at)) process.kill(process.pid, "SIGKILL");
    events += 1;
  },
});
console.log(events);
