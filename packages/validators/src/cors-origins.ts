import { showValue } from "@seaworthy/core/options";
import { parseHref } from "./internal/href.ts";
import { type Refused, refuse, type Schema, valueSchema } from "./internal/zod.ts";

const MOST_ORIGINS = 1000;
const LONGEST = 4096;
const LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
const ORIGIN = /^(https?):\/\/([^/\s?#@]+)$/;
const WILDCARD = new RegExp(`^\\*((?:\\.${LABEL}){2,8})(:\\d{1,5})?$`);
const FIRST_LABEL = new RegExp(`^${LABEL}$`);

/**
 * A schema for the origins that a CORS policy allows: a list, or text with commas between. Each is an exact origin
 * (`https://app.example.com`) or has one wildcard for its left-most label (`https://*.example.com`). They come out
 * lower-case, without a scheme's own port, each once.
 *
 * Prevents a policy that lets everybody in: `*`, `null` (the origin of every sandboxed frame and local file), a wildcard
 * for a whole domain ending (`https://*.com`), in the middle of a name or as part of a label, and, by taking no path or
 * trailing slash, an entry that would silently match nothing. Codes: `invalid_type`, `too_big`, `origin`.
 *
 * @example
 * ```ts
 * import { corsOrigins, originMatcher } from "@seaworthy/validators";
 * const allows = originMatcher(corsOrigins().parse("https://app.example.com, https://*.example.org"));
 * console.log(allows("https://eu.example.org"), allows("https://a.b.example.org"), allows("null")); // true false false
 * ```
 */
export function corsOrigins(): Schema<string[], string | readonly string[]> {
  return valueSchema<string[], string | readonly string[]>(parse, { type: "array", items: { type: "string" } });
}

function parse(value: unknown): string[] | Refused {
  const items = typeof value === "string" ? splitList(value) : value;
  if (!Array.isArray(items)) return refuse("invalid_type", "must be a list of origins");
  if (items.length > MOST_ORIGINS) return refuse("too_big", `must have ${MOST_ORIGINS} origins or fewer`);
  const origins = new Set<string>();
  for (const [i, item] of items.entries()) {
    const origin = typeof item === "string" ? canonical(item) : undefined;
    if (origin === undefined)
      return refuse("origin", "must be an origin such as https://app.example.com or https://*.example.com", [i]);
    origins.add(origin);
  }
  return [...origins];
}

function splitList(text: string): string[] | undefined {
  if (text.length > MOST_ORIGINS * 300) return undefined;
  return text.trim() === "" ? [] : text.split(",").map((item) => item.trim());
}

function canonical(text: string): string | undefined {
  const [, scheme, rest] = (text.length <= LONGEST ? ORIGIN.exec(text.toLowerCase()) : null) ?? [];
  if (scheme === undefined || rest === undefined) return undefined;
  const wild = rest.startsWith("*");
  if (wild && !WILDCARD.test(rest)) return undefined;
  // The URL parser takes no "*"; a label stands in for it.
  const url = parseHref(`${scheme}://${wild ? `x${rest.slice(1)}` : rest}`);
  if (url === null || url.pathname !== "/" || url.hostname.includes("*")) return undefined;
  return wild ? url.origin.replace("//x.", "//*.") : url.origin;
}

/**
 * A function that tells whether an `Origin` header is one of `origins`, which {@link corsOrigins} let through. A wildcard
 * stands for exactly one label. A missing header, `null`, and anything that is not written as an origin is no match.
 *
 * @throws TypeError when one of `origins` is not such an origin
 * @example
 * ```ts
 * import { originMatcher } from "@seaworthy/validators";
 * console.log(originMatcher(["https://app.example.com"])("https://app.example.com.evil.example")); // false
 * ```
 */
export function originMatcher(origins: readonly string[]): (origin: string | undefined) => boolean {
  const parsed = parse(origins);
  if (!Array.isArray(parsed)) {
    const [at] = parsed.path;
    throw at === undefined
      ? new TypeError(`origins ${parsed.message}; got ${showValue(origins)}`)
      : new TypeError(`origins: an entry ${parsed.message}; got ${showValue(origins[Number(at)])}`);
  }
  const exact = new Set(parsed.filter((origin) => !origin.includes("*")));
  const wild = new Set(parsed.filter((origin) => origin.includes("*")));
  return (origin) => {
    if (typeof origin !== "string" || origin.length > LONGEST) return false;
    if (exact.has(origin)) return true;
    const [, scheme, rest = ""] = (wild.size > 0 && ORIGIN.exec(origin)) || [];
    const dot = rest.indexOf(".");
    return dot > 0 && FIRST_LABEL.test(rest.slice(0, dot)) && wild.has(`${scheme}://*${rest.slice(dot)}`);
  };
}
