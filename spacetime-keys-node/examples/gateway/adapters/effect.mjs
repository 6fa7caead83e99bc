// Effect 4: the gateway as a service that lives as long as the runtime does. Events stay in the ring: a bounded
// `PubSub` would stop everybody for one subscriber that takes nothing, a sliding one drops without a word.

import { Context, Effect, Layer } from "effect";

export class Gateway extends Context.Service()("Gateway") {}

/** @param {() => ReturnType<import("../app.mjs").createApp>} create */
export function layer(create) {
  const acquire = Effect.sync(() => {
    const app = create();
    app.start();
    return app;
  });
  return Layer.effect(
    Gateway,
    Effect.acquireRelease(acquire, (app) => Effect.sync(() => app.stop())),
  );
}

/** A handler for any server, of a `ManagedRuntime` made of the layer. */
export const handlerOf = (runtime) => (request) =>
  runtime.runPromise(Effect.flatMap(Gateway, (app) => Effect.promise(() => app.handler(request))));
