import { showValue } from "@seaworthy/core/options";

/** Header names and values, or `false` for a header that is not sent. */
export type HeaderOverrides = Readonly<Record<string, string | false>>;

/** What helmet 8 sends by default, in lower case as HTTP/2 writes names. */
const DEFAULTS: readonly (readonly [string, string])[] = [
  [
    "content-security-policy",
    "default-src 'self';base-uri 'self';font-src 'self' https: data:;form-action 'self';frame-ancestors 'self';img-src 'self' data:;object-src 'none';script-src 'self';script-src-attr 'none';style-src 'self' https: 'unsafe-inline';upgrade-insecure-requests",
  ],
  ["cross-origin-opener-policy", "same-origin"],
  ["cross-origin-resource-policy", "same-origin"],
  ["origin-agent-cluster", "?1"],
  ["referrer-policy", "no-referrer"],
  ["strict-transport-security", "max-age=31536000; includeSubDomains"],
  ["x-content-type-options", "nosniff"],
  ["x-dns-prefetch-control", "off"],
  ["x-download-options", "noopen"],
  ["x-frame-options", "SAMEORIGIN"],
  ["x-permitted-cross-domain-policies", "none"],
  ["x-xss-protection", "0"],
];

const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const VALUE = /^[\t\x20-\x7e]*$/;

/**
 * The security headers of every answer, built once.
 *
 * @param overrides - other values, further headers, or `false` to leave one out; `false` alone sends none
 * @throws TypeError if a name or value could not stand in a header
 */
export function securityHeaders(overrides: HeaderOverrides | boolean = {}): readonly (readonly [string, string])[] {
  if (overrides === false) return Object.freeze([]);
  const given: unknown = overrides;
  if (given !== true && (typeof given !== "object" || given === null || Array.isArray(given)))
    throw new TypeError(`headers must be values by name, or false; got ${showValue(given)}`);
  const headers = new Map(DEFAULTS);
  for (const [name, value] of Object.entries(overrides === true ? {} : overrides)) {
    if (!NAME.test(name)) throw new TypeError(`headers: ${JSON.stringify(name)} cannot be a header's name`);
    if (value === false) headers.delete(name.toLowerCase());
    else if (typeof value === "string" && VALUE.test(value)) headers.set(name.toLowerCase(), value);
    else throw new TypeError(`headers: ${name} must be visible ASCII text or false; got ${JSON.stringify(value)}`);
  }
  return Object.freeze([...headers]);
}
