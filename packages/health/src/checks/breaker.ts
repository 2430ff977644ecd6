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
const HALF_OPEN = /^half[-_ ]?open$/i;

/**
 * Looks at a circuit breaker: closed is healthy, half-open degraded, anything else what `open` says.
 *
 * Data: `state`, and `stats`, the numbers that the breaker tells of itself.
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
    const stats = numbersOf(breaker.stats?.());
    if (stats !== undefined) found.data.stats = stats;
    if (isHalfOpen) found.add("degraded", "HEALTH_CIRCUIT_HALF_OPEN");
    else if (state !== "closed") found.add(open, "HEALTH_CIRCUIT_OPEN");
    return found.outcome();
  };
  return Object.assign(check, { remote: true as const });
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
