import type { LimitDecision, SeaworthyError } from "@seaworthy/core";
import { errors } from "./errors.ts";

/**
 * The error of a refused call, for hosts that answer with problem documents: status 429, the problem type `quota-exceeded` with
 * the names of the violated policies, and when a retry makes sense.
 *
 * @example
 * ```ts
 * import { toProblem } from "@seaworthy/core";
 * import { createRateLimiter, quotaExceeded } from "@seaworthy/ratelimit";
 * const limiter = createRateLimiter({ name: "export", limits: [{ limit: 1, window: "1h" }] });
 * await limiter.consume("u-7");
 * const decision = await limiter.consume("u-7");
 * if (!decision.allowed) console.log(toProblem(quotaExceeded(decision))["violated-policies"]); // [ '1-per-1h' ]
 * ```
 */
export function quotaExceeded(decision: LimitDecision & { readonly violated?: readonly string[] }): SeaworthyError {
  const { retryAfter, violated = [] } = decision;
  return errors.RATELIMIT_EXCEEDED(
    { "violated-policies": violated },
    Number.isFinite(retryAfter) ? { retryAfter } : undefined,
  );
}
