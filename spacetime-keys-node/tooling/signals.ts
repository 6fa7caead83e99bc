// SIGINT, SIGTERM, SIGHUP: running calls are stopped, and the run ends by its ordinary way, which
// cleans up and says what stands where.

import { Interrupted } from "./problem.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

let interrupted = false;
const listeners = new Set<() => void>();

export function isInterrupted(): boolean {
  return interrupted;
}

/** Between two steps: a signal that came during the first keeps the second from beginning. */
export function throwIfInterrupted(): void {
  if (interrupted) throw new Interrupted();
}

/** Calls `listener` at a signal. Returns what undoes that. */
export function onInterrupt(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function installSignalHandlers(): void {
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      // A second one does not wait; whatever is registered for the process's exit still runs.
      if (interrupted) process.exit(1);
      interrupted = true;
      for (const listener of [...listeners]) listener();
    });
  }
}

/** Waits, or throws at a signal. */
export async function pause(milliseconds: number): Promise<void> {
  throwIfInterrupted();
  await new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer);
      forget();
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    const forget = onInterrupt(end);
  });
  throwIfInterrupted();
}
