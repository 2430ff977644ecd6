import type { Breaker, BreakerOptions } from "../../breaker/breaker.ts";
import { checkSnapshot } from "./check-snapshot.ts";
import { CountingBreaker } from "./counting-breaker.ts";
import { planBreaker } from "./plan-breaker.ts";

/**
 * A breaker of a policy or a tier.
 *
 * @param patience - how long the policy waits for a call, in milliseconds
 */
export function breakerFor(options: BreakerOptions, patience?: number): Breaker {
  const restore = options?.restore;
  return new CountingBreaker(
    planBreaker(options, patience),
    restore === undefined ? undefined : checkSnapshot(restore),
  );
}
