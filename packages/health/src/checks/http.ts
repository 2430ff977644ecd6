import type { Clock, Duration } from "@seaworthy/core";
import { checkOptions, clockOption, oneOf, optionalFunction, withDefault } from "@seaworthy/core/options";
import type { Check } from "../check.ts";
import { elapsed, Findings, remote } from "../internal/built-in.ts";
import { LATENCY, levelsNamed } from "../internal/levels.ts";
import type { Thresholds } from "../thresholds.ts";

/** Options of {@link httpCheck}. */
export interface HttpCheckOptions {
  /** @default "GET" */
  method?: "GET" | "HEAD" | "OPTIONS";
  /** Headers of the request. They are never shown. */
  headers?: Readonly<Record<string, string>>;
  /** Whether a status is good. A redirect is not followed, because a login page would answer 200. @default 200 to 299 */
  expect?: (status: number) => boolean;
  /** Time until the response's head arrives, above 0, in milliseconds. @default never */
  latency?: Thresholds<Duration>;
  /** @default the global fetch */
  fetch?: typeof globalThis.fetch;
  /** @default systemClock */
  clock?: Clock;
}

const OPTIONS = ["method", "headers", "expect", "latency", "fetch", "clock"];
const METHODS = ["GET", "HEAD", "OPTIONS"] as const;
const isSuccess = (status: number): boolean => status >= 200 && status <= 299;

/**
 * Sends a request to an HTTP dependency and checks the status of the response. The request is aborted when the check's
 * timeout is over.
 *
 * Data: `httpStatus`, and `latency` until the response's head arrives, in milliseconds.
 *
 * @throws TypeError if the URL is not an absolute one of http or https or contains a password, or an option is unknown or
 * out of bounds
 * @example
 * ```ts
 * import { createHealth, httpCheck } from "@seaworthy/health";
 * const fetch = async () => new Response(null, { status: 204 }); // leave it out to use the real one
 * const health = createHealth();
 * health.add("payments", httpCheck("https://payments.example/livez", { fetch }), { critical: false });
 * console.log((await health.report()).checks.payments?.data?.httpStatus); // 204
 * ```
 */
export function httpCheck(url: string | URL, options: HttpCheckOptions = {}): Check {
  const target = URL.canParse(String(url)) ? new URL(String(url)) : undefined;
  if (target?.protocol !== "http:" && target?.protocol !== "https:")
    throw new TypeError("url must be an absolute URL of http or https");
  // fetch refuses these on every run, and a URL is not the place for a password.
  if (target.username !== "" || target.password !== "")
    throw new TypeError("url must not contain a user or password; send them in a header");
  checkOptions("httpCheck", options, OPTIONS);
  const { expect = isSuccess, headers = {} } = options;
  const clock = clockOption("clock", options.clock);
  optionalFunction("expect", expect);
  optionalFunction("fetch", options.fetch);
  const method = oneOf("method", withDefault(options.method, "GET"), METHODS);
  const levels = levelsNamed("latency", LATENCY, options.latency);
  const request = { method, headers: { ...headers }, redirect: "manual" } as const;

  return remote(async (signal) => {
    const found = new Findings();
    const start = clock.monotonic();
    const response = await (options.fetch ?? globalThis.fetch)(target, { ...request, signal });
    const latency = elapsed(clock, start);
    // An unread body would hold the connection.
    await response.body?.cancel().catch(() => undefined);
    Object.assign(found.data, { httpStatus: response.status, latency });
    if (expect(response.status) !== true) found.add("unhealthy", "HEALTH_HTTP_STATUS");
    found.judge(latency, levels, "HEALTH_SLOW");
    return found.outcome();
  });
}
