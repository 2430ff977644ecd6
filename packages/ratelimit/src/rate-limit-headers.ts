import type { LimitDecision } from "@seaworthy/core";
import { checkOptions, flag, withDefault } from "@seaworthy/core/options";
import type { PolicyState } from "./rate-limiter.ts";

/** Options of {@link rateLimitHeaders}. */
export interface RateLimitHeadersOptions {
  /** Whether to add `X-RateLimit-Limit`, `X-RateLimit-Remaining` and `X-RateLimit-Reset` (seconds from now). @default false */
  legacy?: boolean;
}

const OPTIONS = ["legacy"];
// A structured field has integers of 15 digits at most (RFC 9651, 3.3.1).
const LARGEST = 999_999_999_999_999;

/**
 * The headers that describe a decision to a client: `RateLimit` and `RateLimit-Policy` as structured fields (draft-ietf-httpapi-
 * ratelimit-headers-08 and later), and `Retry-After` if the call is refused. Seconds are rounded up.
 *
 * @throws TypeError if an option is malformed
 * @example
 * ```ts
 * import { createRateLimiter, rateLimitHeaders } from "@seaworthy/ratelimit";
 * const limiter = createRateLimiter({ name: "search", limits: [{ limit: 30, window: "1m" }] });
 * console.log(rateLimitHeaders(await limiter.consume("192.0.2.7")));
 * // { ratelimit: '"30-per-1m";r=29;t=60', 'ratelimit-policy': '"30-per-1m";q=30;w=60' }
 * ```
 */
export function rateLimitHeaders(
  decision: LimitDecision & { readonly policies?: readonly PolicyState[] },
  options: RateLimitHeadersOptions = {},
): Record<string, string> {
  checkOptions("rateLimitHeaders", options, OPTIONS);
  const legacy = flag("legacy", withDefault(options.legacy, false));
  const headers: Record<string, string> = {};
  const { policies = [], allowed, retryAfter, limit, remaining, resetAfter } = decision;
  if (policies.length > 0) {
    const state = policies.map(
      (policy) => `"${policy.name}";r=${whole(policy.remaining)};t=${seconds(policy.resetAfter)}`,
    );
    headers.ratelimit = state.join(", ");
    const quotas = policies.map(({ name, limit: quota, window }) => `"${name}";q=${whole(quota)};w=${seconds(window)}`);
    headers["ratelimit-policy"] = quotas.join(", ");
  }
  if (!allowed && Number.isFinite(retryAfter)) headers["retry-after"] = String(seconds(retryAfter));
  if (!legacy) return headers;
  headers["x-ratelimit-limit"] = String(limit);
  headers["x-ratelimit-remaining"] = String(remaining);
  if (Number.isFinite(resetAfter)) headers["x-ratelimit-reset"] = String(seconds(resetAfter));
  return headers;
}

const whole = (value: number): number => Math.min(LARGEST, Math.max(0, Math.floor(value)));
const seconds = (milliseconds: number): number => Math.min(LARGEST, Math.max(0, Math.ceil(milliseconds / 1000)));
