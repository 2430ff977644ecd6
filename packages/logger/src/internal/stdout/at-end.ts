import { isMainThread } from "node:worker_threads";

const SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP"] as const;

/**
 * Calls `act` when the process ends: by `process.exit`, by an uncaught error, because the event loop is empty, or by SIGTERM,
 * SIGINT or SIGHUP. A signal without another listener ends the process, as it would without this listener. Returns a function
 * that removes the listeners.
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
    // A worker thread does not receive signals.
    if (isMainThread) process.on(signal, listener);
    return { signal, listener };
  });
  return () => {
    process.removeListener("exit", act);
    for (const { signal, listener } of listeners) process.removeListener(signal, listener);
  };
}
