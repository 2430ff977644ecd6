import { type Clock, type Duration, systemClock, toMilliseconds } from "@seaworthy/core";
import {
  checkOptions,
  oneOf,
  optionalFunction,
  positiveDuration,
  showValue,
  soundClock,
  wholeNumber,
} from "@seaworthy/core/options";
import type { Backoff, BackoffPlan, Jitter } from "./backoff.ts";
import { optionalFlag, otherwise } from "./internal/options.ts";
import type { RetryBudget } from "./retry-budget.ts";

/** How failed calls are repeated. */
export interface RetryOptions<T = unknown> {
  /** Calls in all, the first one included; 1 or more, `Infinity` allowed. @default 3 */
  attempts?: number;
  /** How the waits grow. @default "exponential" */
  backoff?: Backoff;
  /** The first wait, before jitter. @default "100ms" */
  base?: Duration;
  /** The longest wait, before jitter. @default "10s" */
  cap?: Duration;
  /** How chance spreads the waits. @default "full", and "none" when `backoff` is a function */
  jitter?: Jitter;
  /** How long one attempt may take; more than 0. @default no limit of its own */
  attemptTimeout?: Duration;
  /** Whether to try again after this error. @default all but refusals of our own guards */
  retryIf?(error: unknown, attempt: number): boolean;
  /** Whether this result counts as a failure. After the last attempt it is returned all the same. @default none does */
  retryResult?(value: T, attempt: number): boolean;
  /** Whether to wait at least as long as the upstream's `Retry-After` asks. @default true */
  retryAfter?: boolean;
  /** A demand beyond this ends the retries at once. @default "5m" */
  retryAfterLimit?: Duration;
  /** Shared among callers; without one left, the attempt's own failure is final. */
  budget?: RetryBudget;
  /** A number from 0 to 1, for the jitter. @default Math.random */
  random?: () => number;
}

/** {@link RetryOptions}, checked and resolved. */
export interface RetryPlan extends BackoffPlan {
  readonly attempts: number;
  readonly attemptTimeout: number | undefined;
  readonly options: RetryOptions<never>;
  readonly retryAfterLimit: number | undefined;
  readonly budget: RetryBudget | undefined;
  readonly clock: Clock;
}

const DEFAULTS = { attempts: 3, backoff: "exponential", base: 100, cap: 10_000, retryAfterLimit: 300_000 } as const;
/** The names of {@link RetryOptions}. */
export const RETRY_OPTIONS: readonly string[] = [
  ["attempts", "backoff", "base", "cap", "jitter", "attemptTimeout"],
  ["retryIf", "retryResult", "retryAfter", "retryAfterLimit", "budget", "random"],
].flat();

/** Checks the options, `extra` names allowed besides. */
export function planRetry<T>(
  options: RetryOptions<T>,
  clock: Clock = systemClock,
  known: readonly string[] = RETRY_OPTIONS,
): RetryPlan {
  checkOptions("retry", options, known);
  const { backoff = DEFAULTS.backoff, retryAfter = true, random = Math.random, budget } = options;
  const jitter = otherwise(options.jitter, typeof backoff === "function" ? "none" : "full");
  if (typeof backoff !== "function") oneOf("backoff", backoff, ["exponential", "linear", "constant"]);
  oneOf("jitter", jitter, ["full", "equal", "none"]);
  for (const name of ["retryIf", "retryResult", "random"] as const) optionalFunction(name, options[name]);
  optionalFlag("retryAfter", options.retryAfter);
  soundClock("clock", clock);
  checkBudget(budget);
  const limit = toMilliseconds(otherwise(options.retryAfterLimit, DEFAULTS.retryAfterLimit), "retryAfterLimit");
  return {
    attempts: wholeNumber("attempts", otherwise(options.attempts, DEFAULTS.attempts), 1, Number.POSITIVE_INFINITY),
    backoff,
    base: toMilliseconds(otherwise(options.base, DEFAULTS.base), "base"),
    cap: toMilliseconds(otherwise(options.cap, DEFAULTS.cap), "cap"),
    jitter,
    random,
    attemptTimeout:
      options.attemptTimeout === undefined ? undefined : positiveDuration("attemptTimeout", options.attemptTimeout),
    options: options as RetryOptions<never>,
    retryAfterLimit: retryAfter ? limit : undefined,
    budget,
    clock,
  };
}

/** A budget by its shape, or nothing. */
export function checkBudget(budget: unknown): void {
  if (budget === undefined) return;
  const { deposit, tryTake } = (budget ?? {}) as Partial<RetryBudget>;
  if (typeof deposit !== "function" || typeof tryTake !== "function")
    throw new TypeError(`budget must be a retryBudget(); got ${showValue(budget)}`);
}
