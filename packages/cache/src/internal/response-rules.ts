/** What a shared cache may do with a response. */
export interface ResponseRules {
  /** Milliseconds, above 0. */
  readonly ttl: number;
  /** The headers of the request that it depends on, in lower case and in order. */
  readonly vary: readonly string[];
  /** Whether requests with credentials may get it. */
  readonly isPublic: boolean;
}

// RFC 9110, 15.1, without those that need a range.
const CACHEABLE = new Set([200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501]);
const LONGEST = 365 * 24 * 3600;

/** The rules for a response by RFC 9111, or `undefined` if a shared cache may not keep it. */
export function storability(response: Response, hasCredentials: boolean): ResponseRules | undefined {
  const { status, headers } = response;
  const directives = directivesOf(headers.get("cache-control") ?? "");
  const isForbidden = ["no-store", "no-cache", "private"].some((name) => directives.has(name));
  if (!CACHEABLE.has(status) || isForbidden || headers.has("set-cookie")) return undefined;
  const shared = secondsOf(directives.get("s-maxage"));
  const seconds = (shared ?? secondsOf(directives.get("max-age")) ?? 0) - (secondsOf(headers.get("age") ?? "") ?? 0);
  const isPublic = directives.has("public") || shared !== undefined;
  if (!(seconds > 0) || (hasCredentials && !isPublic)) return undefined;
  const vary = (headers.get("vary") ?? "")
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "");
  if (vary.includes("*")) return undefined;
  return { ttl: Math.min(seconds, LONGEST) * 1000, vary: [...new Set(vary)].sort(), isPublic };
}

function directivesOf(header: string): Map<string, string> {
  const parts = header.split(",").map((part) => {
    const [name = "", value = ""] = part.split("=", 2);
    return [name.trim().toLowerCase(), value.trim().replaceAll('"', "")] as const;
  });
  return new Map(parts.filter(([name]) => name !== ""));
}

function secondsOf(value: string | undefined): number | undefined {
  return value !== undefined && /^\d{1,10}$/.test(value) ? Number(value) : undefined;
}
