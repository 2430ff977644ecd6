import type { Clock, Duration } from "@seaworthy/core";
import { checkOptions, oneOf, optionalFunction, positiveDuration } from "@seaworthy/core/options";
import type { Check } from "../check.ts";
import { elapsed, Findings, remote } from "../internal/built-in.ts";
import { soundClock } from "../internal/sound-clock.ts";
import { withDefault } from "../internal/with-default.ts";

/** Options of {@link httpCheck}. */
export interface HttpCheckOptions {
  /** @default "GET" */
  method?: "GET" | "HEAD" | "OPTIONS";
  /** Headers of the request. They are never shown. */
  headers?: Readonly<Record<string, string>>;
  /** Which statuses are good. A redirect is not followed: a login page would answer 200. @default 200 to 299 */
  expect?: (status: number) => boolean;
  /** Latency up to the response's head from which on the check is degraded, above 0, in milliseconds. @default never */
  slow?: Duration;
  /** @default the global fetch */
  fetch?: typeof globalThis.fetch;
  /** @default systemClock */
  clock?: Clock;
}

const OPTIONS = ["method", "headers", "expect", "slow", "fetch", "clock"];
const METHODS = ["GET", "HEAD", "OPTIONS"] as const;
const isSuccess = (status: number): boolean => status >= 200 && status <= 299;

/**
 * Asks an HTTP dependency and looks at the status it answers with. The request is given up when the check's time is over.
 *
 * Data: `httpStatus`, and `latency` up to the response's head in milliseconds.
 *
 * @throws TypeError when the URL is not one of http or https or holds a password, or an option is unknown or out of bounds
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
    throw new TypeError("url must be an absolute one of http or https");
  // fetch refuses these on every run, and a URL is not the place for a password.
  if (target.username !== "" || target.password !== "")
    throw new TypeError("url must not hold a user or password; send them as a header");
  checkOptions("httpCheck", options, OPTIONS);
  const { expect = isSuccess, headers = {} } = options;
  const clock = soundClock(options.clock);
  optionalFunction("expect", expect);
  optionalFunction("fetch", options.fetch);
  const method = oneOf("method", withDefault(options.method, "GET"), METHODS);
  const slow = options.slow === undefined ? Number.POSITIVE_INFINITY : positiveDuration("slow", options.slow);
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
    if (latency >= slow) found.add("degraded", "HEALTH_SLOW");
    return found.outcome();
  });
}
