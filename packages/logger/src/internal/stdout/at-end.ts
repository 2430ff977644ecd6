import { isMainThread } from "node:worker_threads";

const SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP"] as const;

/**
 * Calls `act` when the process ends: by `process.exit`, by an error that nobody caught, because nothing is left to do, or
 * by SIGTERM, SIGINT or SIGHUP. A signal that nobody else handles ends the process as it would have done without this.
 * Returns a function that takes the listeners away.
 */
export function atEnd(act: () => void): () => void {
  process.on("exit", act);
  const listeners = SIGNALS.map((signal) => {
    const listener = (): void => {
      act();
      if (process.listenerCount(signal) > 1) return;
      process.removeListener(signal, listener);
      process.kill(process.pid, signal);
    };
    // A worker thread receives no signals.
    if (isMainThread) process.on(signal, listener);
    return { signal, listener };
  });
  return () => {
    process.removeListener("exit", act);
    for (const { signal, listener } of listeners) process.removeListener(signal, listener);
  };
}
