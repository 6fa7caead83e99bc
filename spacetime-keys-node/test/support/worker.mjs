// A thread that uses the addon: `workerData.task` says how.

import { parentPort, workerData } from "node:worker_threads";

import { Signer, deriveIdentity } from "spacetime-keys";

const claims = (count) =>
  Array.from({ length: count }, (_, index) => ({ iss: "localhost", sub: `u${index}` }));

const tasks = {
  async work(signer) {
    const tokens = signer.signMany(claims(100));
    parentPort.postMessage([...tokens, ...(await signer.signManyAsync(claims(100)))]);
  },
  once() {
    parentPort.postMessage(deriveIdentity("localhost", "a"));
  },
  loop(signer) {
    parentPort.postMessage("begun");
    for (;;) signer.sign({ iss: "localhost", sub: "a" });
  },
  async async(signer) {
    const running = [1, 2, 3, 4].map(() => signer.signManyAsync(claims(5000)));
    parentPort.postMessage("begun");
    await Promise.all(running);
  },
};

await tasks[workerData.task](new Signer(workerData.privateKey));
