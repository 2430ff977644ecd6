import { checkOptions, showValue } from "@seaworthy/core/options";
import { stringArray } from "./internal/options.ts";
import { type Refused, refuse } from "./internal/refusal.ts";
import { parseHref, parseWebUrl } from "./internal/web-url.ts";
import { type Schema, textSchema } from "./internal/zod.ts";

/** Options of {@link redirectTarget}. */
export interface RedirectTargetOptions {
  /** Origin of the service, such as `"https://app.example.com"`, or a URL on it against which relative targets resolve. */
  base: string;
  /** Further origins that a target may have. @default none */
  origins?: readonly string[];
}

const OPTIONS = ["base", "origins"];
const ELSEWHERE = "must lead to an allowed origin";

/**
 * A schema for the target of a redirect that a client chose, such as `?returnTo=`: a path on the service, or a URL on an
 * allowed origin. The output is the value for `Location`: a path if the target was a path, else the whole URL.
 *
 * Prevents open redirects (CWE-601). Origins are compared after parsing and never as strings, so `//evil.example`,
 * `/\evil.example`, `https:evil.example`, `https://app.example.com@evil.example`, `https://app.example.com.evil.example`,
 * `javascript:` and `blob:` targets are refused, and so is a path such as `/.//evil.example`, which would turn into one of
 * them. Codes: `too_big`, `invalid_url`, `credentials`, `origin`.
 *
 * @throws TypeError if `base` is not an http or https URL, or one of `origins` is not an http or https origin
 * @example
 * ```ts
 * import { redirectTarget } from "@seaworthy/validators";
 * const returnTo = redirectTarget({ base: "https://app.example.com" });
 * console.log(returnTo.parse("/orders?page=2")); // /orders?page=2
 * console.log(returnTo.safeParse("//evil.example/").success); // false
 * ```
 */
export function redirectTarget(options: RedirectTargetOptions): Schema<string> {
  checkOptions("redirectTarget", options, OPTIONS);
  const { origins = [] } = options;
  const base = webUrl(options.base, "base");
  const allowed = new Set(stringArray("origins", origins).map(originOf));
  allowed.add(base.origin);
  return textSchema((value): string | Refused => {
    const url = parseWebUrl(value, base.href);
    if (!(url instanceof URL)) return url;
    // The origin of blob:https://… is the origin of the https part.
    if (!isWeb(url) || !allowed.has(url.origin)) return refuse("origin", ELSEWHERE);
    const absolute = parseHref(value);
    // "https:evil.example" is a path relative to another https page, but a host if it is read alone.
    if (absolute !== null) return absolute.href === url.href ? url.href : refuse("origin", ELSEWHERE);
    if (url.origin !== base.origin) return url.href; // "//shop.example.com/" is a whole URL but for its scheme
    const path = url.pathname + url.search + url.hash;
    // After dot segments are resolved, the rest may read as another host.
    return path.startsWith("//") ? refuse("origin", ELSEWHERE) : path;
  });
}

function originOf(text: string): string {
  const url = webUrl(text, "origins");
  // A wildcard or a path would never match.
  if (url.hostname.includes("*") || url.href !== `${url.origin}/`)
    throw new TypeError(`origins must hold origins such as "https://app.example.com"; got ${showValue(text)}`);
  return url.origin;
}

function webUrl(text: unknown, name: string): URL {
  const url = typeof text === "string" ? parseHref(text) : null;
  if (url === null || !isWeb(url)) throw new TypeError(`${name} must be an http or https URL; got ${showValue(text)}`);
  // The value is not shown: a URL with a user name usually has a password too.
  if (url.username !== "" || url.password !== "")
    throw new TypeError(`${name} must not contain a user name or a password`);
  return url;
}

function isWeb(url: URL): boolean {
  return url.protocol === "https:" || url.protocol === "http:";
}
