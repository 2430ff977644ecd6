import { parseOrigins } from "./internal/origins.ts";
import { type Schema, valueSchema } from "./internal/zod.ts";

/**
 * A schema for the origins that a CORS policy allows: a list, or text with commas between. Each is an exact origin
 * (`https://app.example.com`) or has one wildcard for its left-most label (`https://*.example.com`). They come out
 * lower-case, without a scheme's own port, each once. Apps in a web view and browser extensions have exact origins of their
 * own schemes: `capacitor`, `ionic`, `tauri`, `chrome-extension`, `moz-extension`, `safari-web-extension`.
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
  return valueSchema<string[], string | readonly string[]>(parseOrigins, { type: "array", items: { type: "string" } });
}
