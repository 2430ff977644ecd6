import { breakerFor } from "../internal/breaker/breaker-for.ts";
import type { Breaker, BreakerOptions } from "./breaker.ts";

/**
 * Creates a breaker. Closed, it counts how calls end; at or above a share of failures or of slow calls it opens and refuses
 * calls; after the open time it lets a few probes through and closes if they succeed.
 *
 * Only ended calls count, so calls in flight do not dilute the share. A call that its caller cancelled is not counted; one
 * that ran out of time is a failure. A closed breaker without a call in its window owns no timer. Refusals are made
 * without a stack; they carry `retryAfter` in milliseconds and the error that opened the breaker as their cause.
 *
 * @throws TypeError if an option is out of bounds
 * @example
 * ```ts
 * import { createBreaker } from "@seaworthy/resilience";
 * const breaker = createBreaker({ name: "payments", failureRate: 0.5, minimumCalls: 2 });
 * for (let i = 0; i < 2; i++) await breaker.run(() => Promise.reject(new Error("down"))).catch(() => {});
 * console.log(breaker.state, breaker.opening?.reason); // open failures
 * breaker.dispose();
 * ```
 */
export function createBreaker(options: BreakerOptions): Breaker {
  return breakerFor(options);
}
