import { showValue } from "@seaworthy/core/options";
import { canonicalOrigin, LABEL, LONGEST, ORIGIN, parseOrigins } from "./internal/origins.ts";

const FIRST_LABEL = new RegExp(`^${LABEL}$`);

/**
 * Returns a function that returns whether an `Origin` header is one of `origins`. Entries are written as for
 * `corsOrigins`, and a wildcard stands for exactly one label. A missing header, `null`, and anything that is not written
 * as an origin does not match.
 *
 * @throws TypeError if one of `origins` is not such an origin
 * @example
 * ```ts
 * import { originMatcher } from "@seaworthy/validators";
 * console.log(originMatcher(["https://app.example.com"])("https://app.example.com.evil.example")); // false
 * ```
 */
export function originMatcher(origins: readonly string[]): (origin: string | undefined) => boolean {
  const parsed = parseOrigins(origins);
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

/**
 * Returns whether a value is written as an origin: the form in which browsers send the `Origin` header, in lower case,
 * without a default port, a path or a trailing slash. `null`, which sandboxed documents send, and wildcards are not
 * origins. Use it before an origin is passed to code of your own, such as a search among tenants.
 *
 * @example
 * ```ts
 * import { isOrigin } from "@seaworthy/validators/network";
 * console.log(isOrigin("https://app.example.com:8443"), isOrigin("https://app.example.com/"), isOrigin("null")); // true false false
 * ```
 */
export function isOrigin(value: unknown): value is string {
  return typeof value === "string" && !value.includes("*") && canonicalOrigin(value) === value;
}
