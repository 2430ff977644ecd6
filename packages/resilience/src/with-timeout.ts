import { type Clock, type Duration, systemClock } from "@seaworthy/core";
import { checkOptions, clockOption, positiveDuration, signalOption, withDefault } from "@seaworthy/core/options";
import type { Operation } from "./call.ts";
import { checkName, optionalFlag } from "./internal/options.ts";
import { createPipeline, startRun } from "./internal/pipeline.ts";
import { timeoutLayer } from "./internal/timeout-layer.ts";

/** Options of {@link withTimeout}. */
export interface TimeoutOptions {
  /** Ends the wait at once, with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Label in the error's message and of the events. @default "timeout" */
  name?: string;
  /** Whether the wait holds the process open, so that a script does not end before the timeout. @default true */
  keepAlive?: boolean;
  /** @default systemClock */
  clock?: Clock;
}

const OPTIONS: readonly string[] = ["signal", "name", "keepAlive", "clock"];

/**
 * Runs `operation` and rejects when `duration` is over, even if the operation ignores its signal.
 *
 * The signal is aborted only then, with the very error that is thrown. A deadline in core's context that comes earlier
 * holds instead. All waits of one duration share a timer.
 *
 * @throws TypeError if the duration is not more than 0, or an option is wrong
 * @throws RESILIENCE_TIMEOUT if time is up
 * @example
 * ```ts
 * import { withTimeout } from "@seaworthy/resilience";
 * const body = await withTimeout(async ({ signal }) => (signal.aborted ? "late" : "in time"), "2s");
 * console.log(body); // in time
 * ```
 */
export function withTimeout<T>(operation: Operation<T>, duration: Duration, options: TimeoutOptions = {}): Promise<T> {
  try {
    return startWithTimeout(operation, duration, options);
  } catch (error) {
    return Promise.reject(error);
  }
}

function startWithTimeout<T>(operation: Operation<T>, duration: Duration, options: TimeoutOptions): Promise<T> {
  checkOptions("withTimeout", options, OPTIONS);
  const { clock = systemClock, signal } = options;
  clockOption("clock", clock);
  signalOption("signal", signal);
  const limit = positiveDuration("duration", duration);
  optionalFlag("keepAlive", options.keepAlive);
  const name = checkName(withDefault(options.name, "timeout"), "withTimeout");
  const pipeline = createPipeline(name, clock, [timeoutLayer(limit, clock, withDefault(options.keepAlive, true))]);
  return startRun(pipeline, operation, signal && { signal });
}
