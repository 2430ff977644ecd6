import { checkOptions, requiredFunction, signalOption } from "@seaworthy/core/options";
import type { Health, HealthChange, PollOptions } from "./health.ts";
import { pollOptions } from "./internal/polling.ts";

/** Options of {@link watchHealth}. */
export interface WatchHealthOptions extends PollOptions {
  /** Called whenever the status of a check changes, with the status over all checks. */
  onChange: (change: HealthChange) => void;
  /** Ends the watch if it aborts. @default never */
  signal?: AbortSignal;
}

const OPTIONS = ["every", "jitter", "random", "onChange", "signal"];

/**
 * Runs all checks in the background, and calls `onChange` whenever the status of a check changes. Returns a function that
 * ends the watch. The timer does not keep the process alive. If `onChange` throws, the watch goes on.
 *
 * @throws TypeError if an option is unknown or out of bounds
 * @example
 * ```ts
 * import { createHealth, watchHealth } from "@seaworthy/health";
 * const health = createHealth();
 * health.add("mail", () => false);
 * const changed = new Promise((resolve) => {
 *   watchHealth(health, { every: "10ms", onChange: resolve, signal: AbortSignal.timeout(10_000) });
 * });
 * const keepAlive = setTimeout(() => {}, 10_000); // a service has a server for that
 * console.log(await changed); // { check: 'mail', status: 'unhealthy', overall: 'unhealthy', … }
 * clearTimeout(keepAlive);
 * ```
 */
export function watchHealth(health: Health, options: WatchHealthOptions): () => void {
  checkOptions("watchHealth", options, OPTIONS);
  const { onChange, every, jitter, random } = options;
  const signal = signalOption("watchHealth: signal", options.signal);
  requiredFunction("watchHealth: onChange", onChange);
  const polling = pollOptions("watchHealth", { every, jitter, random });
  if (signal?.aborted === true) return () => undefined;
  const unsubscribe = health.onChange(onChange);
  const stopPolling = health.poll(polling);
  const end = (): void => {
    signal?.removeEventListener("abort", end);
    unsubscribe();
    stopPolling();
  };
  signal?.addEventListener("abort", end, { once: true });
  return end;
}
