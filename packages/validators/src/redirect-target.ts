import { checkOptions, showValue } from "@seaworthy/core/options";
import { parseHref } from "./internal/href.ts";
import { textList } from "./internal/options.ts";
import { type Refused, refuse } from "./internal/refusal.ts";
import { type Schema, textSchema } from "./internal/zod.ts";
import { parseUrl } from "./public-url.ts";

/** Options of {@link redirectTarget}. */
export interface RedirectTargetOptions {
  /** Origin of the service, such as `"https://app.example.com"`, or a URL on it that relative targets start from. */
  base: string;
  /** Further origins that may be redirected to. @default none */
  origins?: readonly string[];
}

const ELSEWHERE = "must lead to an allowed origin";

/**
 * A schema for where to send a client next, such as `?returnTo=`: a path on the service, or a URL on an allowed origin.
 * It gives out what `Location` should say: a path for a target that was given as one, else the whole URL.
 *
 * Prevents open redirects (CWE-601). Origins are compared after parsing, never as text, so `//evil.example`,
 * `/\evil.example`, `https:evil.example`, `https://app.example.com@evil.example`, `https://app.example.com.evil.example`,
 * `javascript:` and `blob:` targets do not pass, nor does a path such as `/.//evil.example` that would become one. Codes:
 * `too_big`, `invalid_url`, `credentials`, `origin`.
 *
 * @throws TypeError when `base` is not an http or https URL, or one of `origins` not an http or https origin
 * @example
 * ```ts
 * import { redirectTarget } from "@seaworthy/validators";
 * const returnTo = redirectTarget({ base: "https://app.example.com" });
 * console.log(returnTo.parse("/orders?page=2")); // /orders?page=2
 * console.log(returnTo.safeParse("//evil.example/").success); // false
 * ```
 */
export function redirectTarget(options: RedirectTargetOptions): Schema<string> {
  checkOptions("redirectTarget", options, ["base", "origins"]);
  const base = webUrl(options.base, "base");
  const origins = new Set(textList(options.origins ?? [], "origins").map(originOf));
  origins.add(base.origin);
  return textSchema((value): string | Refused => {
    const url = parseUrl(value, base.href);
    if (!(url instanceof URL)) return url;
    // The origin of blob:https://… is that of the https part.
    if (!isWeb(url) || !origins.has(url.origin)) return refuse("origin", ELSEWHERE);
    const absolute = parseHref(value);
    // "https:evil.example" is a path beside another https page, and a host for who reads it alone.
    if (absolute !== null) return absolute.href === url.href ? url.href : refuse("origin", ELSEWHERE);
    if (url.origin !== base.origin) return url.href; // "//shop.example.com/" is a whole URL but for its scheme
    const path = url.pathname + url.search + url.hash;
    // Dot segments were resolved: what is left may read as another host.
    return path.startsWith("//") ? refuse("origin", ELSEWHERE) : path;
  });
}

function originOf(text: string): string {
  const url = webUrl(text, "origins");
  // A wildcard or a path would be a rule that does not hold.
  if (url.hostname.includes("*") || url.href !== `${url.origin}/`)
    throw new TypeError(`origins must hold origins such as "https://app.example.com"; got ${showValue(text)}`);
  return url.origin;
}

function webUrl(text: unknown, name: string): URL {
  const url = typeof text === "string" ? parseHref(text) : null;
  if (url === null || !isWeb(url)) throw new TypeError(`${name} must be an http or https URL; got ${showValue(text)}`);
  // Not shown: a URL with a user name usually has a password too.
  if (url.username !== "" || url.password !== "") throw new TypeError(`${name} must not have a user name in it`);
  return url;
}

function isWeb(url: URL): boolean {
  return url.protocol === "https:" || url.protocol === "http:";
}
