// SIGINT, SIGTERM, SIGHUP: the engine stops az and ends, and the run says what stands where.

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Is aborted by the first signal. A second one ends the process. */
export function whenInterrupted(): AbortSignal {
  const controller = new AbortController();
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(1);
      controller.abort();
    });
  }
  return controller.signal;
}
