import { checkOptions, oneOf, showValue } from "@seaworthy/core/options";
import type { Check } from "../check.ts";
import { Findings, member, numberMember } from "../internal/built-in.ts";
import { withDefault } from "../internal/with-default.ts";

/** What {@link breakerCheck} needs of a circuit breaker. */
export interface BreakerLike {
  /** `"closed"`, `"half-open"`, or any other word for one that lets nothing through. */
  readonly state: string;
  stats?(): object;
}

/** Options of {@link breakerCheck}. */
export interface BreakerCheckOptions {
  /** What an open breaker makes of the check. @default "degraded": the breaker is there so that the service can live without what it guards */
  open?: "degraded" | "unhealthy";
}

const WORD = /^[a-z][a-z_ -]{0,31}$/i;
// A code, or the name of an error's class: neither can hold an address or a secret, as a message might.
const CODE_OR_NAME = /^(?:[A-Z][A-Z0-9_]{0,63}|[A-Z]?[A-Za-z]{0,58}Error)$/;
const HALF_OPEN = /^half[-_ ]?open$/i;

/**
 * Looks at a circuit breaker: closed is healthy, half-open degraded, anything else what `open` says.
 *
 * Data: `state`; `stats`, the numbers that the breaker tells of itself; and while it is not closed `reason` and `lastError`,
 * if its `stats()` has them: the word for why it opened, and the code or the class name of the last error that counted.
 *
 * @throws TypeError when the breaker has no state, or an option is unknown or out of bounds
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
  if (typeof member(breaker, "state") !== "string")
    throw new TypeError(`breaker must have a state; got ${showValue(breaker)}`);
  checkOptions("breakerCheck", options, ["open"]);
  const open = oneOf("open", withDefault(options.open, "degraded"), ["degraded", "unhealthy"]);
  const check: Check = () => {
    const found = new Findings();
    const state = String(breaker.state);
    const isHalfOpen = HALF_OPEN.test(state);
    found.data.state = WORD.test(state) ? state : "unknown";
    const told = breaker.stats?.();
    const stats = numbersOf(told);
    if (stats !== undefined) found.data.stats = stats;
    if (state !== "closed") {
      addText(found, "reason", member(told, "reason"), WORD);
      addText(found, "lastError", member(told, "lastError"), CODE_OR_NAME);
    }
    if (isHalfOpen) found.add("degraded", "HEALTH_CIRCUIT_HALF_OPEN");
    else if (state !== "closed") found.add(open, "HEALTH_CIRCUIT_OPEN");
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
