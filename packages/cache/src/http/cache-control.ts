import { type Duration, toMilliseconds } from "@seaworthy/core";
import { checkOptions, flag } from "@seaworthy/core/options";

/** Directives of a `Cache-Control` header of a response (RFC 9111, 5.2.2; RFC 5861; RFC 8246). */
export interface CacheControlOptions {
  /** No cache keeps the response; excludes all other directives. */
  noStore?: boolean;
  /** Only the client itself may keep it. Excludes `public` and `sharedMaxAge`. */
  private?: boolean;
  /** Shared caches may keep it, also if the request was authorized. */
  public?: boolean;
  /** It may be kept, and has to be revalidated before each use. */
  noCache?: boolean;
  /** How long it is fresh; rounded down to seconds. */
  maxAge?: Duration;
  /** How long it is fresh in shared caches; rounded down to seconds. */
  sharedMaxAge?: Duration;
  staleWhileRevalidate?: Duration;
  staleIfError?: Duration;
  mustRevalidate?: boolean;
  /** It does not change while it is fresh. */
  immutable?: boolean;
  noTransform?: boolean;
}

const FLAGS: Readonly<Record<string, string>> = {
  noStore: "no-store",
  private: "private",
  public: "public",
  noCache: "no-cache",
  mustRevalidate: "must-revalidate",
  immutable: "immutable",
  noTransform: "no-transform",
};
const DURATIONS: Readonly<Record<string, string>> = {
  maxAge: "max-age",
  sharedMaxAge: "s-maxage",
  staleWhileRevalidate: "stale-while-revalidate",
  staleIfError: "stale-if-error",
};
const OPTIONS = [...Object.keys(FLAGS), ...Object.keys(DURATIONS)];

/**
 * Writes the value of a `Cache-Control` header.
 *
 * @throws TypeError if there is no directive, a value is malformed, or two directives contradict each other
 * @example
 * ```ts
 * import { cacheControl } from "@seaworthy/cache/http";
 * console.log(cacheControl({ public: true, maxAge: "1m", staleIfError: "1h" })); // public, max-age=60, stale-if-error=3600
 * ```
 */
export function cacheControl(options: CacheControlOptions): string {
  checkOptions("cacheControl", options, OPTIONS);
  const given = new Map(Object.entries(options).filter(([, value]) => value !== undefined && value !== false));
  const directives: string[] = [];
  for (const [name, directive] of Object.entries(FLAGS))
    if (given.has(name) && flag(name, given.get(name))) directives.push(directive);
  for (const [name, directive] of Object.entries(DURATIONS))
    if (given.has(name)) directives.push(`${directive}=${Math.floor(toMilliseconds(given.get(name), name) / 1000)}`);
  if (directives.length === 0) throw new TypeError("cacheControl must have at least one directive; got none");
  if (given.has("noStore") && directives.length > 1)
    throw new TypeError(`noStore excludes all other directives; got ${directives.join(", ")}`);
  if (given.has("private") && (given.has("public") || given.has("sharedMaxAge")))
    throw new TypeError("private excludes public and sharedMaxAge; got both");
  return directives.join(", ");
}
