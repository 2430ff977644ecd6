import { readMember } from "@seaworthy/core/objects";
import { checkOptions, oneOf, showValue } from "@seaworthy/core/options";
import type { Check } from "../check.ts";
import { Findings, numberMember } from "../internal/built-in.ts";
import { levelsOf, type Quantity } from "../internal/levels.ts";
import type { Thresholds } from "../thresholds.ts";

/** What {@link breakerCheck} needs of a circuit breaker. */
export interface BreakerLike {
  /** `"closed"`, `"half-open"`, or any other word if the breaker rejects all calls. */
  readonly state: string;
  stats?(): object;
}

/** A state of a circuit breaker that is not closed. `"open"` is the worse one. */
export type BreakerThreshold = "half-open" | "open";

/** Options of {@link breakerCheck}. */
export interface BreakerCheckOptions extends Thresholds<BreakerThreshold> {
  /** The state at which the check is degraded. @default "half-open" */
  degradedAt?: BreakerThreshold | "never";
  /**
   * The state at which the check is unhealthy.
   * @default "never", because a breaker lets the service live without the dependency that it guards
   */
  unhealthyAt?: BreakerThreshold | "never";
}

const OPTIONS = ["degradedAt", "unhealthyAt"];
const THRESHOLD_STATES = ["half-open", "open"] as const;
const HALF_OPEN = 1;
const OPEN = 2;
const STATE: Quantity<BreakerThreshold> = {
  read: (name, value) => (oneOf(name, value, THRESHOLD_STATES) === "open" ? OPEN : HALF_OPEN),
};
const WORD = /^[a-z][a-z_ -]{0,31}$/i;
// A code, or the name of a class of errors. Neither can contain an address or a secret, as a message might.
const CODE_OR_NAME = /^(?:[A-Z][A-Z0-9_]{0,63}|[A-Z]?[A-Za-z]{0,58}Error)$/;
const HALF_OPEN_WORD = /^half[-_ ]?open$/i;

/**
 * Checks the state of a circuit breaker. A closed breaker is healthy. Every state other than closed and half-open counts
 * as open.
 *
 * Data: `state`; `stats`, the numbers in the breaker's `stats()`; and while it is not closed `reason` and `lastError` if
 * `stats()` has them: the word for why it opened, and the code or the class name of the last error that counted.
 *
 * @throws TypeError if the breaker has no state, an option is unknown or out of bounds, or `unhealthyAt` is reached
 * before `degradedAt`
 * @example
 * ```ts
 * import { breakerCheck, createHealth } from "@seaworthy/health";
 * const breaker = { state: "open" }; // of createBreaker()
 * const health = createHealth();
 * health.add("payments", breakerCheck(breaker));
 * console.log((await health.report()).status); // degraded
 * ```
 */
export function breakerCheck(breaker: BreakerLike, options: BreakerCheckOptions = {}): Check {
  if (typeof readMember(breaker, "state") !== "string")
    throw new TypeError(`breaker must have a state; got ${showValue(breaker)}`);
  checkOptions("breakerCheck", options, OPTIONS);
  const levels = levelsOf(STATE, options, { degradedAt: "half-open" });
  const check: Check = () => {
    const found = new Findings();
    const state = String(breaker.state);
    found.data.state = WORD.test(state) ? state : "unknown";
    const reported = breaker.stats?.();
    const stats = numbersOf(reported);
    if (stats !== undefined) found.data.stats = stats;
    if (state === "closed") return found.outcome();
    addText(found, "reason", readMember(reported, "reason"), WORD);
    addText(found, "lastError", readMember(reported, "lastError"), CODE_OR_NAME);
    if (HALF_OPEN_WORD.test(state)) found.judge(HALF_OPEN, levels, "HEALTH_CIRCUIT_HALF_OPEN");
    else found.judge(OPEN, levels, "HEALTH_CIRCUIT_OPEN");
    return found.outcome();
  };
  return Object.assign(check, { remote: true as const });
}

function addText(found: Findings, name: string, value: unknown, pattern: RegExp): void {
  if (typeof value === "string" && pattern.test(value)) found.data[name] = value;
}

function numbersOf(stats: unknown): Record<string, number> | undefined {
  if (typeof stats !== "object" || stats === null) return undefined;
  const numbers: Record<string, number> = {};
  for (const key of Object.keys(stats).slice(0, 30)) {
    const value = numberMember(stats, key);
    if (value !== undefined) numbers[key] = value;
  }
  return numbers;
}
