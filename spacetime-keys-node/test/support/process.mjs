// A process that uses the addon: its argument says how. The throwaway key is in TEST_KEY.

import { Signer } from "spacetime-keys";

const signer = new Signer(process.env.TEST_KEY);
const claims = Array.from({ length: 5000 }, (_, index) => ({ iss: "localhost", sub: `u${index}` }));

const tasks = {
  exit() {
    for (let round = 0; round < 4; round += 1) signer.signManyAsync(claims);
    setTimeout(() => process.exit(7), 5);
  },
  async wait() {
    console.log((await signer.signManyAsync(claims)).length);
  },
  uncaught() {
    signer.sign({ iss: "localhost" });
  },
  fork() {
    process.on("message", (message) => process.send(signer.sign(message)));
  },
};

await tasks[process.argv[2]]();
