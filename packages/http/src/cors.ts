import { type Duration, toMilliseconds } from "@seaworthy/core";
import { checkOptions, flag, showValue } from "@seaworthy/core/options";

/** Who may call from a browser. Without this option no other origin may. */
export interface CorsOptions {
  /**
   * Exact origins such as `"https://app.example.com"`, or with one wildcard for the left-most label,
   * `"https://*.example.com"`. `"*"` admits every origin and cannot go with `credentials`.
   */
  origins: readonly string[];
  /** Whether cookies and authorisation may be sent. @default false */
  credentials?: boolean;
  /** How long a browser may keep the answer to a preflight, in whole seconds. Browsers cap it at 2 to 24 hours. @default "10m" */
  maxAge?: Duration;
  /** @default GET, HEAD, PUT, PATCH, POST, DELETE */
  methods?: readonly string[];
  /** Request headers that may be sent. @default content-type, authorization, idempotency-key, x-request-id, traceparent */
  headers?: readonly string[];
  /** Answer headers that scripts may read. @default x-request-id, retry-after, and the rate limit's */
  expose?: readonly string[];
}

type Header = readonly [name: string, value: string];

/** Decides about one request's origin. */
export interface Cors {
  /** Whether answers depend on the origin, so that caches must know. */
  readonly varies: boolean;
  /** Headers of an ordinary answer. */
  headers(origin: string | undefined): readonly Header[];
  /** Headers of the answer to a preflight, or `undefined` when the origin may not call. */
  preflight(origin: string): readonly Header[] | undefined;
}

const METHODS = ["GET", "HEAD", "PUT", "PATCH", "POST", "DELETE"];
const REQUEST_HEADERS = ["content-type", "authorization", "idempotency-key", "x-request-id", "traceparent"];
const EXPOSED = ["x-request-id", "retry-after", "ratelimit", "ratelimit-policy"];
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const WILDCARD = /^(https?:\/\/)\*\.([a-z0-9-]+(?:\.[a-z0-9-]+)+)(:\d{1,5})?$/;
const LABEL = /^[a-z0-9-]{1,63}$/;
const OPTIONS = ["origins", "credentials", "maxAge", "methods", "headers", "expose"];
const VARY: Header = ["vary", "Origin"];
const DENIED: readonly Header[] = [VARY];

/**
 * Cross-origin resource sharing (Fetch Standard): denied unless the origin is listed. `Origin: null`, which any sandboxed
 * document can send, is never listed.
 *
 * @throws TypeError when an origin is not one, or `"*"` is combined with credentials
 */
export function createCors(options: CorsOptions): Cors {
  checkOptions("cors", options, OPTIONS);
  const { credentials = false, methods = METHODS, headers = REQUEST_HEADERS, expose = EXPOSED } = options;
  flag("cors.credentials", credentials);
  const seconds = Math.floor(toMilliseconds(options.maxAge ?? "10m", "cors.maxAge") / 1000);
  for (const [name, tokens] of Object.entries({ methods, headers, expose })) checkTokens(name, tokens);
  const admits = originMatcher(options.origins, credentials);
  const varies = !options.origins.includes("*");
  const common: Header[] = credentials ? [["access-control-allow-credentials", "true"]] : [];
  const exposed: Header[] = expose.length === 0 ? [] : [["access-control-expose-headers", expose.join(", ")]];
  const simple = [...common, ...exposed, ...(varies ? [VARY] : [])];
  const preflight: Header[] = [
    ...common,
    ["access-control-allow-methods", methods.join(", ")],
    ["access-control-allow-headers", headers.join(", ")],
    ["access-control-max-age", String(seconds)],
    ["vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"],
  ];
  const allow = (origin: string): Header => ["access-control-allow-origin", varies ? origin : "*"];
  return {
    varies,
    headers(origin) {
      if (!varies) return origin === undefined ? [] : [allow(origin), ...simple];
      return origin !== undefined && admits(origin) ? [allow(origin), ...simple] : DENIED;
    },
    preflight: (origin) => (admits(origin) ? [allow(origin), ...preflight] : undefined),
  };
}

function checkTokens(name: string, tokens: unknown): void {
  if (!Array.isArray(tokens)) throw new TypeError(`cors.${name} must be a list of names; got ${showValue(tokens)}`);
  for (const token of tokens)
    if (typeof token !== "string" || !TOKEN.test(token))
      throw new TypeError(`cors.${name}: ${showValue(token)} is no method or header name`);
}

function originMatcher(origins: readonly string[], credentials: boolean): (origin: string) => boolean {
  if (!Array.isArray(origins)) throw new TypeError(`cors.origins must be a list of origins; got ${showValue(origins)}`);
  if (origins.includes("*")) {
    if (credentials) throw new TypeError('cors.origins: "*" cannot be combined with credentials');
    return () => true;
  }
  const exact = new Set<string>();
  const wild: { scheme: string; ending: string }[] = [];
  for (const text of origins) {
    const match = typeof text === "string" ? WILDCARD.exec(text) : null;
    if (match !== null) wild.push({ scheme: match[1] as string, ending: `.${match[2]}${match[3] ?? ""}` });
    else exact.add(checkOrigin(text));
  }
  const matchesWild = (origin: string): boolean =>
    wild.some(
      ({ scheme, ending }) =>
        origin.startsWith(scheme) && origin.endsWith(ending) && LABEL.test(origin.slice(scheme.length, -ending.length)),
    );
  return (origin) => exact.has(origin) || (wild.length > 0 && origin.length < 300 && matchesWild(origin));
}

function checkOrigin(text: unknown): string {
  const origin = typeof text === "string" && URL.canParse(text) ? new URL(text).origin : undefined;
  if (origin === undefined || origin === "null" || origin !== text || origin.includes("*")) {
    throw new TypeError(`cors.origins: ${showValue(text)} is not an origin such as "https://app.example.com"`);
  }
  return origin;
}
