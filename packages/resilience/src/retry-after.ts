const SECONDS = /^\d{1,15}$/;
const DATE = /^[A-Za-z]{3,9},? [\w: -]{8,40}$/;
const OLD_DATE = /^[A-Za-z]{3} [A-Za-z]{3} [ \d]\d \d\d:\d\d:\d\d \d{4}$/;

/**
 * Milliseconds that a `Retry-After` header asks to wait (RFC 9110, 10.2.3): whole seconds, or an HTTP date in any of its
 * three forms, a past one being 0. `undefined` when it is neither.
 *
 * @param now - epoch milliseconds that a date is measured from
 * @example
 * ```ts
 * import { parseRetryAfter } from "@seaworthy/resilience";
 * console.log(parseRetryAfter("120", Date.now())); // 120000
 * ```
 */
export function parseRetryAfter(text: string, now: number): number | undefined {
  const trimmed = text.trim();
  if (SECONDS.test(trimmed)) return Number(trimmed) * 1000;
  // The oldest form carries no zone and means GMT.
  const date = OLD_DATE.test(trimmed) ? `${trimmed} GMT` : trimmed;
  if (!DATE.test(date)) return undefined;
  const at = Date.parse(date);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
