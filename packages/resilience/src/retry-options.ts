import { type Clock, type Duration, systemClock, toMilliseconds } from "@seaworthy/core";
import {
  checkOptions,
  clockOption,
  integer,
  oneOf,
  optionalFunction,
  positiveDuration,
  showValue,
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
  initialDelay?: Duration;
  /** The longest wait, before jitter. @default "10s"; no limit if `backoff` is a function */
  maxDelay?: Duration;
  /** How chance spreads the waits. @default "full", and "none" when `backoff` is a function */
  jitter?: Jitter;
  /** How long one attempt may take; more than 0. @default no limit of its own */
  attemptTimeout?: Duration;
  /**
   * Whether to try again after this error; a promise is waited for, for instance until a token has been renewed.
   * @default all errors but refusals of these guards and an `AbortError`
   */
  retryIf?(error: unknown, attempt: number): boolean | PromiseLike<boolean>;
  /** Called before the wait for each retry. What it throws is reported once, as a process warning. */
  onRetry?(retry: RetryNotice): void;
  /** Whether this result counts as a failure. After the last attempt it is returned all the same. @default none does */
  retryResult?(value: T, attempt: number): boolean;
  /**
   * Whether to wait at least as long as the upstream asks, with up to a quarter more by chance: `true` for the headers
   * `retry-after-ms` and `Retry-After` and the members of known SDKs, or a function that returns the time for an outcome.
   * @default true
   */
  retryAfter?: boolean | ((outcome: unknown) => Duration | undefined);
  /** A demand beyond this ends the retries at once. @default "5m" */
  retryAfterLimit?: Duration;
  /** Shared among callers; without one left, the attempt's own failure is final. */
  budget?: RetryBudget;
  /** A number from 0 to 1, for the jitter. @default Math.random */
  random?: () => number;
}

/** A retry that was decided. */
export interface RetryNotice {
  /** Of the coming attempt: 2 for the first retry. */
  readonly attempt: number;
  /** The wait before it, in milliseconds. */
  readonly delay: number;
  /** What the last attempt threw. */
  readonly error: unknown;
  /** What the last attempt returned, if `retryResult` took that for a failure. */
  readonly result: unknown;
}

/** {@link RetryOptions}, checked and resolved. */
export interface RetryPlan extends BackoffPlan {
  readonly attempts: number;
  readonly attemptTimeout: number | undefined;
  readonly options: RetryOptions<never>;
  readonly retryAfterLimit: number | undefined;
  readonly retryAfter: ((outcome: unknown) => Duration | undefined) | undefined;
  readonly budget: RetryBudget | undefined;
  readonly clock: Clock;
}

const DEFAULTS = {
  attempts: 3,
  backoff: "exponential",
  initialDelay: 100,
  maxDelay: 10_000,
  retryAfterLimit: 300_000,
} as const;
const LONGEST = Number.MAX_SAFE_INTEGER;
/** The names of {@link RetryOptions}. */
export const RETRY_OPTIONS: readonly string[] = [
  "attempts",
  "backoff",
  "initialDelay",
  "maxDelay",
  "jitter",
  "attemptTimeout",
  "retryIf",
  "onRetry",
  "retryResult",
  "retryAfter",
  "retryAfterLimit",
  "budget",
  "random",
];

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
  for (const name of ["retryIf", "onRetry", "retryResult", "random"] as const) optionalFunction(name, options[name]);
  if (typeof retryAfter !== "function") optionalFlag("retryAfter", options.retryAfter);
  clockOption("clock", clock);
  checkBudget(budget);
  const limit = toMilliseconds(otherwise(options.retryAfterLimit, DEFAULTS.retryAfterLimit), "retryAfterLimit");
  return {
    attempts: integer("attempts", otherwise(options.attempts, DEFAULTS.attempts), 1, Number.POSITIVE_INFINITY),
    backoff,
    initialDelay: toMilliseconds(otherwise(options.initialDelay, DEFAULTS.initialDelay), "initialDelay"),
    maxDelay: toMilliseconds(
      otherwise(options.maxDelay, typeof backoff === "function" ? LONGEST : DEFAULTS.maxDelay),
      "maxDelay",
    ),
    jitter,
    random,
    attemptTimeout:
      options.attemptTimeout === undefined ? undefined : positiveDuration("attemptTimeout", options.attemptTimeout),
    options: options as RetryOptions<never>,
    retryAfterLimit: retryAfter === false ? undefined : limit,
    retryAfter: typeof retryAfter === "function" ? retryAfter : undefined,
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
