import type { PolicyState, RateLimitDecision } from "../rate-limiter.ts";
import type { LimitAnswer, WindowUsage } from "../stores/store.ts";
import type { Plan } from "./plan.ts";

/** Where an answer comes from. */
export interface AnswerOrigin {
  readonly source: string;
  readonly degraded: boolean;
}

const NONE: readonly string[] = Object.freeze([]);
const NOTHING: PolicyState = { name: "", limit: 0, window: 0, remaining: 0, resetAfter: 0 };

/** Turns the answer of a store into a decision. Milliseconds are rounded up, so that no client comes back too early. */
export function decide({ windows, names }: Plan, answer: LimitAnswer, origin: AnswerOrigin): RateLimitDecision {
  const { allowed, blockedFor } = answer;
  let violated = NONE;
  let wait = blockedFor;
  let tightest = NOTHING;
  let tightestWait = -1;
  // An array that grows by push takes place for 17 items.
  const policies = windows.map(({ limit, window, burst }, index): PolicyState => {
    const { used, resetAfter, retryAfter } = answer.windows[index] as WindowUsage;
    const name = names[index] as string;
    const policy = { name, limit, window, remaining: Math.max(0, burst - used), resetAfter: whole(resetAfter) };
    if (!allowed && retryAfter > 0) violated = [...violated, name];
    if (!allowed && retryAfter > wait) wait = retryAfter;
    const isTighter =
      retryAfter > tightestWait || (retryAfter === tightestWait && policy.remaining < tightest.remaining);
    if (isTighter) {
      tightest = policy;
      tightestWait = retryAfter;
    }
    return policy;
  });
  const { limit, remaining, resetAfter } = tightest;
  return {
    allowed,
    limit,
    remaining: blockedFor > 0 ? 0 : remaining,
    resetAfter: Math.max(resetAfter, whole(blockedFor)),
    retryAfter: allowed ? 0 : whole(wait),
    source: origin.source,
    degraded: origin.degraded,
    policies,
    violated,
  };
}

/** Rounds up, but not for an error of rounding: stores count in microseconds. */
const whole = (milliseconds: number): number => Math.max(0, Math.ceil(milliseconds - 0.001));

/** The answer of a store in which nothing was consumed. */
export function emptyAnswer({ windows }: Plan, allowed: boolean): LimitAnswer {
  const retryAfter = allowed ? 0 : Number.POSITIVE_INFINITY;
  return {
    allowed,
    blockedFor: retryAfter,
    windows: windows.map(() => ({ used: 0, resetAfter: 0, retryAfter: 0 })),
    generation: 0,
  };
}
