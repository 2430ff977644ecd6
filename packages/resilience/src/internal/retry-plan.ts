import { type Clock, type Duration, systemClock, toMilliseconds } from "@seaworthy/core";
import {
  checkOptions,
  clockOption,
  integer,
  oneOf,
  optionalFunction,
  positiveDuration,
  showValue,
  withDefault,
} from "@seaworthy/core/options";
import type { RetryBudget } from "../retry-budget.ts";
import type { RetryOptions } from "../retry-options.ts";
import type { BackoffPlan } from "./backoff-delay.ts";
import { optionalFlag } from "./options.ts";

/** {@link RetryOptions}, checked and resolved. */
export interface RetryPlan extends BackoffPlan {
  readonly attempts: number;
  readonly attemptTimeout: number | undefined;
  readonly options: RetryOptions<unknown>;
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
  const jitter = withDefault(options.jitter, typeof backoff === "function" ? "none" : "full");
  if (typeof backoff !== "function") oneOf("backoff", backoff, ["exponential", "linear", "constant"]);
  oneOf("jitter", jitter, ["full", "equal", "none"]);
  for (const name of ["retryIf", "onRetry", "retryResult", "random"] as const) optionalFunction(name, options[name]);
  if (typeof retryAfter !== "function") optionalFlag("retryAfter", options.retryAfter);
  clockOption("clock", clock);
  checkBudget(budget);
  const limit = toMilliseconds(withDefault(options.retryAfterLimit, DEFAULTS.retryAfterLimit), "retryAfterLimit");
  return {
    attempts: integer("attempts", withDefault(options.attempts, DEFAULTS.attempts), 1, Number.POSITIVE_INFINITY),
    backoff,
    initialDelay: toMilliseconds(withDefault(options.initialDelay, DEFAULTS.initialDelay), "initialDelay"),
    maxDelay: toMilliseconds(
      withDefault(options.maxDelay, typeof backoff === "function" ? LONGEST : DEFAULTS.maxDelay),
      "maxDelay",
    ),
    jitter,
    random,
    attemptTimeout:
      options.attemptTimeout === undefined ? undefined : positiveDuration("attemptTimeout", options.attemptTimeout),
    options,
    retryAfterLimit: retryAfter === false ? undefined : limit,
    retryAfter: typeof retryAfter === "function" ? retryAfter : undefined,
    budget,
    clock,
  };
}

/** A budget by its shape, or nothing. */
export function checkBudget(budget: unknown): void {
  if (budget === undefined) return;
  const { deposit, tryTake }: { deposit?: unknown; tryTake?: unknown } = budget ?? {};
  if (typeof deposit !== "function" || typeof tryTake !== "function")
    throw new TypeError(`budget must be a retryBudget(); got ${showValue(budget)}`);
}
