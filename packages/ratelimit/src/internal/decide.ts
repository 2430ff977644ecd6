import type { PolicyState, RateLimitDecision } from "../rate-limiter.ts";
import type { LimitAnswer, WindowUsage } from "../stores/store.ts";
import type { Plan } from "./plan.ts";

/** Where an answer comes from. */
export interface AnswerOrigin {
  readonly source: string;
  readonly degraded: boolean;
}

/** Turns the answer of a store into a decision. Milliseconds are rounded up, so that no client comes back too early. */
export function decide({ windows, names }: Plan, answer: LimitAnswer, origin: AnswerOrigin): RateLimitDecision {
  const { allowed, blockedFor } = answer;
  const violated: string[] = [];
  const policies: PolicyState[] = [];
  let wait = blockedFor;
  let tightest: PolicyState | undefined;
  let tightestWait = 0;
  for (let index = 0; index < windows.length; index++) {
    const { limit, window, burst } = windows[index] as (typeof windows)[number];
    const { used, resetAfter, retryAfter } = answer.windows[index] as WindowUsage;
    const name = names[index] as string;
    const policy = { name, limit, window, remaining: Math.max(0, burst - used), resetAfter: whole(resetAfter) };
    policies.push(policy);
    if (!allowed && retryAfter > 0) violated.push(name);
    if (!allowed && retryAfter > wait) wait = retryAfter;
    const tighter =
      tightest === undefined ||
      retryAfter > tightestWait ||
      (retryAfter === tightestWait && policy.remaining < tightest.remaining);
    if (!tighter) continue;
    tightest = policy;
    tightestWait = retryAfter;
  }
  const { limit = 0, remaining = 0, resetAfter = 0 } = tightest ?? {};
  return {
    allowed,
    limit,
    remaining,
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
