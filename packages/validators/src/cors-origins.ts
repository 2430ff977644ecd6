import { parseOrigins } from "./internal/origins.ts";
import { type Schema, valueSchema } from "./internal/zod.ts";

/**
 * A schema for the origins that a CORS policy allows: an array, or a string with commas. Each entry is an exact origin
 * (`https://app.example.com`) or has one wildcard for its left-most label (`https://*.example.com`). The output is in
 * lower case, without default ports and without duplicates. Apps in a web view and browser extensions have exact origins
 * with schemes of their own: `capacitor`, `ionic`, `tauri`, `chrome-extension`, `moz-extension`, `safari-web-extension`.
 *
 * Prevents a policy that allows every site: `*`, `null` (the origin of every sandboxed frame and local file), and a
 * wildcard for a whole top-level domain (`https://*.com`), in the middle of a name or as part of a label. Paths and
 * trailing slashes are refused too, because such an entry would never match. Codes: `invalid_type`, `too_big`, `origin`.
 *
 * @example
 * ```ts
 * import { corsOrigins, originMatcher } from "@seaworthy/validators";
 * const allows = originMatcher(corsOrigins().parse("https://app.example.com, https://*.example.org"));
 * console.log(allows("https://eu.example.org"), allows("https://a.b.example.org"), allows("null")); // true false false
 * ```
 */
export function corsOrigins(): Schema<string[], string | readonly string[]> {
  return valueSchema<string[], string | readonly string[]>(parseOrigins, { type: "array", items: { type: "string" } });
}
