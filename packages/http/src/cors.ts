import { type Duration, toMilliseconds } from "@seaworthy/core";
import { checkOptions, flag, showValue, withDefault } from "@seaworthy/core/options";
import { isOrigin, originMatcher } from "@seaworthy/validators/network";
import type { Header } from "./messages.ts";

/** Who may call from a browser. Without this option no other origin may. */
export interface CorsOptions {
  /**
   * Exact origins such as `"https://app.example.com"`, or with one wildcard for the left-most label,
   * `"https://*.example.com"`. `"*"` admits every origin and cannot go with `credentials`. A function decides at once
   * about any other origin, for example from a list of tenants that is kept in memory; if it throws, the origin is refused.
   */
  origins: readonly string[] | ((origin: string) => boolean);
  /** Whether cookies and authorisation may be sent. @default false */
  credentials?: boolean;
  /** How long a browser may keep the answer to a preflight, in whole seconds. Browsers cap it at 2 to 24 hours. @default "10m" */
  maxAge?: Duration;
  /** @default GET, HEAD, PUT, PATCH, POST, DELETE */
  methods?: readonly string[];
  /** Request headers that may be sent. @default content-type, authorization, idempotency-key, x-request-id, traceparent, tracestate */
  headers?: readonly string[];
  /** Answer headers that scripts may read. @default x-request-id, retry-after, and the rate limit's */
  expose?: readonly string[];
}

/** Decides about one request's origin. */
export interface Cors {
  /** Whether answers depend on the origin, so that caches must know. */
  readonly varies: boolean;
  /** Whether an origin is always decided alike, so that the decision may be kept. */
  readonly isConstant: boolean;
  admits(origin: string): boolean;
  /** Headers of an ordinary answer. */
  headers(origin: string | undefined): readonly Header[];
  /** Headers of the answer to a preflight, or `undefined` when the origin may not call. */
  preflight(origin: string): readonly Header[] | undefined;
}

const METHODS = ["GET", "HEAD", "PUT", "PATCH", "POST", "DELETE"];
const REQUEST_HEADERS = [
  "content-type",
  "authorization",
  "idempotency-key",
  "x-request-id",
  "traceparent",
  "tracestate",
];
const EXPOSED = ["x-request-id", "retry-after", "ratelimit", "ratelimit-policy"];
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const OPTIONS = ["origins", "credentials", "maxAge", "methods", "headers", "expose"];
const LONGEST_ORIGIN = 300;
const VARY: Header = ["vary", "Origin"];
const DENIED: readonly Header[] = [VARY];

/**
 * Cross-origin resource sharing (Fetch Standard): denied unless the origin is listed. `Origin: null`, which any sandboxed
 * document can send, is never listed.
 *
 * @throws TypeError if an origin is not one, or `"*"` is combined with credentials
 */
export function createCors(options: CorsOptions): Cors {
  checkOptions("cors", options, OPTIONS);
  const { credentials = false, methods = METHODS, headers = REQUEST_HEADERS, expose = EXPOSED } = options;
  flag("cors.credentials", credentials);
  const seconds = Math.floor(toMilliseconds(withDefault(options.maxAge, "10m"), "cors.maxAge") / 1000);
  for (const [name, tokens] of Object.entries({ methods, headers, expose })) checkTokens(name, tokens);
  const admits = matcherOf(options.origins, credentials);
  const varies = typeof options.origins === "function" || !options.origins.includes("*");
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
    admits: (origin) => !varies || admits(origin),
    isConstant: typeof options.origins !== "function",
    headers(origin) {
      if (!varies) return origin === undefined ? [] : [allow(origin), ...simple];
      return origin !== undefined && admits(origin) ? [allow(origin), ...simple] : DENIED;
    },
    preflight: (origin) => (admits(origin) ? [allow(origin), ...preflight] : undefined),
  };
}

function checkTokens(name: string, tokens: unknown): void {
  if (!Array.isArray(tokens)) throw new TypeError(`cors.${name} must be an array of names; got ${showValue(tokens)}`);
  for (const token of tokens)
    if (typeof token !== "string" || !TOKEN.test(token))
      throw new TypeError(`cors.${name}: ${showValue(token)} is not the name of a method or header`);
}

function matcherOf(origins: CorsOptions["origins"], credentials: boolean): (origin: string) => boolean {
  if (typeof origins === "function") return (origin) => origin.length < LONGEST_ORIGIN && decided(origins, origin);
  if (!Array.isArray(origins))
    throw new TypeError(`cors.origins must be an array of origins or a function; got ${showValue(origins)}`);
  if (origins.includes("*")) {
    if (credentials) throw new TypeError('cors.origins: "*" cannot be combined with credentials');
    return () => true;
  }
  try {
    return originMatcher(origins);
  } catch (error) {
    throw new TypeError(`cors.${(error as Error).message}`);
  }
}

/** The function is called with origins only, not with `null` of a sandboxed document. */
function decided(admits: (origin: string) => boolean, origin: string): boolean {
  try {
    return isOrigin(origin) && admits(origin) === true;
  } catch {
    return false;
  }
}
