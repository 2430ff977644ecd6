import { type Clock, type Duration, systemClock } from "@seaworthy/core";
import { clockOption, positiveDuration, signalOption, withDefault } from "@seaworthy/core/options";
import type { Operation } from "./call.ts";
import type { Layer } from "./internal/layer.ts";
import { checkName } from "./internal/options.ts";
import { createPipeline, startRun } from "./internal/pipeline.ts";
import { retryLayer } from "./internal/retry-layer.ts";
import { planRetry, RETRY_OPTIONS } from "./internal/retry-plan.ts";
import { timeoutLayer } from "./internal/timeout-layer.ts";
import type { RetryOptions } from "./retry-options.ts";

/** Options of {@link retry}. */
export interface RetryRunOptions<T = unknown> extends RetryOptions<T> {
  /** Label of the telemetry events. @default "retry" */
  name?: string;
  /** How long all attempts and waits together may take; more than 0. @default no limit of its own */
  timeout?: Duration;
  /** Ends the run at once, even in a wait: it rejects with the signal's reason and never calls again. */
  signal?: AbortSignal | undefined;
  /** @default systemClock */
  clock?: Clock;
}

const OPTIONS: readonly string[] = [...RETRY_OPTIONS, "name", "timeout", "signal", "clock"];

/**
 * Calls `operation` until it succeeds, at most `attempts` times in all, and waits in between.
 *
 * What is thrown in the end is the operation's own last error, the very same object; with `retryResult`, what is
 * returned is its last result. A wait that would end after the deadline of core's context is not begun: the failure
 * is final at once.
 *
 * @throws TypeError if an option is wrong
 * @example
 * ```ts
 * import { retry } from "@seaworthy/resilience";
 * const answer = await retry(async ({ attempt }) => {
 *   if (attempt < 2) throw new Error("not yet");
 *   return attempt;
 * }, { attempts: 3, initialDelay: "5ms" });
 * console.log(answer); // 2
 * ```
 */
export function retry<T>(operation: Operation<T>, options: RetryRunOptions<T> = {}): Promise<T> {
  try {
    return startRetry(operation, options);
  } catch (error) {
    return Promise.reject(error);
  }
}

function startRetry<T>(operation: Operation<T>, options: RetryRunOptions<T>): Promise<T> {
  const clock = clockOption("clock", withDefault(options?.clock, systemClock));
  const plan = planRetry(options, clock, OPTIONS);
  signalOption("signal", options.signal);
  const layers: Layer[] = [retryLayer(plan)];
  if (options.timeout !== undefined) layers.unshift(timeoutLayer(positiveDuration("timeout", options.timeout), clock));
  const pipeline = createPipeline(checkName(withDefault(options.name, "retry"), "retry"), clock, layers);
  return startRun(pipeline, operation, options.signal && { signal: options.signal });
}
