import { toMilliseconds } from "@seaworthy/core";
import { isObject, readMember } from "@seaworthy/core/objects";

/** A response of a provider, as `fetch` returns it, or with plain headers by lower-case name. */
export interface ProviderResponse {
  readonly status?: number;
  readonly headers:
    | { get(name: string): string | null }
    | Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** What the headers of a provider say. */
export interface ProviderLimits {
  /** Milliseconds until the next call makes sense. */
  readonly retryAfter?: number;
  /** What is left of the quota. */
  readonly remaining?: number;
  /** Milliseconds until the quota is available again. */
  readonly resetAfter?: number;
}

type Header = (name: string) => string | undefined;

// Seconds above this are a moment, not a duration: 10 years.
const LONGEST_SECONDS = 315_360_000;
/** Names of the other headers, the ones that say the most first. */
const REMAINING = ["ratelimit-remaining", "x-ratelimit-remaining", "x-ratelimit-remaining-requests"];
const RESET = ["ratelimit-reset", "x-ratelimit-reset", "x-ratelimit-reset-requests", "x-rate-limit-reset"];

/**
 * Reads what the headers of a response say about the quota: `Retry-After` (RFC 9110), `RateLimit` (structured fields),
 * and the older `RateLimit-*` and `X-RateLimit-*` with seconds, moments or texts such as `"6m0s"`. Headers that cannot be
 * read are ignored.
 *
 * @param now - milliseconds since the Unix epoch, which moments are compared with. @default Date.now()
 * @example
 * ```ts
 * import { providerLimits } from "@seaworthy/ratelimit";
 * const response = new Response(null, { status: 429, headers: { "retry-after": "7" } });
 * console.log(providerLimits(response)); // { retryAfter: 7000 }
 * ```
 */
export function providerLimits(response: ProviderResponse, now: number = Date.now()): ProviderLimits {
  const header = headerOf(response);
  const limits: { -readonly [K in keyof ProviderLimits]: ProviderLimits[K] } = {};
  const retryAfter = durationOf(header("retry-after"), now);
  if (retryAfter !== undefined) limits.retryAfter = retryAfter;
  const structured = tightest(header("ratelimit"));
  const remaining = structured?.remaining ?? integerOf(first(header, REMAINING));
  if (remaining !== undefined) limits.remaining = remaining;
  const resetAfter = structured === undefined ? durationOf(first(header, RESET), now) : structured.resetAfter;
  if (resetAfter !== undefined) limits.resetAfter = resetAfter;
  return limits;
}

function headerOf({ headers }: ProviderResponse): Header {
  if (!isObject(headers)) return () => undefined;
  const get = readMember(headers, "get");
  return (name) => {
    const value = typeof get === "function" ? get.call(headers, name) : readMember(headers, name);
    const text = Array.isArray(value) ? value.join(", ") : value;
    return typeof text === "string" && text.length <= 1024 ? text.trim() : undefined;
  };
}

const first = (header: Header, names: readonly string[]): string | undefined =>
  names.map(header).find((value) => value !== undefined);

/** Of the items of a `RateLimit` field, the one with the least remaining; of several, the one that waits longest. */
function tightest(field: string | undefined): ProviderLimits | undefined {
  let found: { remaining: number; resetAfter?: number } | undefined;
  for (const item of field?.split(",") ?? []) {
    const remaining = integerOf(/;\s*r=(\d{1,15})(?=[\s;]|$)/.exec(item)?.[1]);
    const seconds = integerOf(/;\s*t=(\d{1,15})(?=[\s;]|$)/.exec(item)?.[1]);
    if (remaining === undefined) continue;
    const wait = seconds === undefined ? {} : { resetAfter: seconds * 1000 };
    const isTighter =
      found === undefined ||
      remaining < found.remaining ||
      (remaining === found.remaining && (wait.resetAfter ?? 0) > (found.resetAfter ?? 0));
    if (isTighter) found = { remaining, ...wait };
  }
  return found;
}

const integerOf = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;

/** Seconds from now, a moment in seconds since the epoch, an HTTP date, an RFC 3339 date, or a text such as `"6m0s"`. */
function durationOf(text: string | undefined, now: number): number | undefined {
  if (text === undefined || text === "") return undefined;
  if (/^\d{1,15}(\.\d{1,9})?$/.test(text)) {
    const seconds = Number(text);
    return Math.ceil(seconds > LONGEST_SECONDS ? Math.max(0, seconds * 1000 - now) : seconds * 1000);
  }
  const moment = /^[A-Z][a-z]{2}, |^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(moment)) return Math.max(0, moment - now);
  try {
    return Math.ceil(toMilliseconds(text));
  } catch {
    return undefined;
  }
}
