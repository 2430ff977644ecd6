import type { Clock } from "@seaworthy/core";

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

type Shape = { retryAfter?: unknown; headers?: unknown; response?: Shape };

/**
 * What an error or a result says about when to come back, in milliseconds: `retryAfter` of one of our errors, or the
 * header on `headers` or `response.headers`, whether `Headers` or a plain object.
 */
export function retryAfterOf(outcome: unknown, clock: Clock): number | undefined {
  try {
    if (typeof outcome !== "object" || outcome === null) return undefined;
    const { retryAfter, headers, response } = outcome as Shape;
    if (typeof retryAfter === "number" && retryAfter >= 0 && Number.isFinite(retryAfter)) return retryAfter;
    const text = headerOf(headers) ?? headerOf(response?.headers);
    return text === undefined ? undefined : parseRetryAfter(text, clock.now());
  } catch {
    return undefined; // a hostile getter says nothing
  }
}

function headerOf(headers: unknown): string | undefined {
  if (typeof headers !== "object" || headers === null) return undefined;
  const { get } = headers as { get?: unknown };
  const found =
    typeof get === "function"
      ? (get as (name: string) => unknown).call(headers, "retry-after")
      : ((headers as Record<string, unknown>)["retry-after"] ?? (headers as Record<string, unknown>)["Retry-After"]);
  return typeof found === "string" || typeof found === "number" ? String(found) : undefined;
}
