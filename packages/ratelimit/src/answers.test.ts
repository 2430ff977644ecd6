import { isSeaworthyError, toProblem } from "@seaworthy/core";
import { manualClock } from "@seaworthy/core/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { clientKey, createRateLimiter, providerLimits, quotaExceeded, rateLimitHeaders } from "./index.ts";

describe("clientKey", () => {
  test("counts an IPv4 address however it is written, and an IPv6 one by its network", () => {
    for (const text of ["192.0.2.7", "::ffff:192.0.2.7", "::FFFF:c000:207", "64:ff9b::192.0.2.7"])
      expect(clientKey(text)).toBe("192.0.2.7");
    for (const text of ["2001:db8::1", "2001:DB8:0:0:ffff::2", "2001:db8::1%eth0"])
      expect(clientKey(text)).toBe("2001:db8::/64");
    expect(clientKey("2001:db8:1:2ff::1", { ipv6Prefix: 56 })).toBe("2001:db8:1:200::/56");
    expect(clientKey("2001:db8::1", { ipv6Prefix: 128 })).toBe("2001:db8::1");
    expect(clientKey("192.0.2.7", { ipv4Prefix: 24 })).toBe("192.0.2.0/24");
  });

  test("refuses what is not an address, such as the value of a header", () => {
    for (const text of ["", undefined, "1.2.3.4, 5.6.7.8", "localhost", "127.1", "::1/64", 7, null])
      expect(() => clientKey(text as string)).toThrow("address must be an IP address");
    expect(() => clientKey("::1", { ipv6Prefix: 16 })).toThrow("ipv6Prefix must be an integer from 32 to 128; got 16");
    expect(() => clientKey("::1", { prefix: 64 } as never)).toThrow('no option "prefix"');
  });
});

describe("rateLimitHeaders", () => {
  const decisions = async (calls: number) => {
    const limits = [
      { limit: 2, window: 1500 },
      { limit: 9, window: "1h", name: "hourly" },
    ] as const;
    const limiter = createRateLimiter({ name: "h", limits, clock: manualClock() });
    for (let n = 1; n < calls; n++) await limiter.consume("a");
    return limiter.consume("a");
  };

  test("are structured fields with all policies, and say when to come again if the call is refused", async () => {
    expect(rateLimitHeaders(await decisions(1))).toEqual({
      ratelimit: '"2-per-1500ms";r=1;t=2, "hourly";r=8;t=3600',
      "ratelimit-policy": '"2-per-1500ms";q=2;w=2, "hourly";q=9;w=3600',
    });
    expect(rateLimitHeaders(await decisions(3), { legacy: true })).toEqual({
      ratelimit: '"2-per-1500ms";r=0;t=2, "hourly";r=7;t=3600',
      "ratelimit-policy": '"2-per-1500ms";q=2;w=2, "hourly";q=9;w=3600',
      "retry-after": "2",
      "x-ratelimit-limit": "2",
      "x-ratelimit-remaining": "0",
      "x-ratelimit-reset": "2",
    });
  });

  test("also describe the decisions of other limiters, and never a moment that does not come", () => {
    const decision = {
      allowed: false,
      limit: 1,
      remaining: 0,
      resetAfter: Number.POSITIVE_INFINITY,
      retryAfter: Number.POSITIVE_INFINITY,
    };
    expect(rateLimitHeaders(decision)).toEqual({});
    expect(rateLimitHeaders(decision, { legacy: true })).toEqual({
      "x-ratelimit-limit": "1",
      "x-ratelimit-remaining": "0",
    });
    expect(() => rateLimitHeaders(decision, { legacy: "yes" as never })).toThrow("legacy must be a boolean");
  });
});

test("quotaExceeded is a problem document with the violated policies", async () => {
  const limiter = createRateLimiter({ name: "q", limits: [{ limit: 1, window: "90s" }], clock: manualClock() });
  await limiter.consume("a");
  const error = quotaExceeded(await limiter.consume("a"));
  expect(isSeaworthyError(error, "RATELIMIT_EXCEEDED")).toBe(true);
  expect(toProblem(error)).toEqual({
    type: "https://iana.org/assignments/http-problem-types#quota-exceeded",
    title: "The quota is exceeded",
    status: 429,
    code: "RATELIMIT_EXCEEDED",
    retryAfter: 90,
    "violated-policies": ["1-per-90s"],
  });
  expect(toProblem(quotaExceeded(await limiter.consume("a", 2)))).not.toHaveProperty("retryAfter");
});

describe("providerLimits", () => {
  const now = Date.UTC(2026, 0, 1);
  test.each([
    [{ "retry-after": "7" }, { retryAfter: 7000 }],
    [{ "retry-after": "Thu, 01 Jan 2026 00:00:30 GMT" }, { retryAfter: 30_000 }],
    [{ "retry-after": "Wed, 31 Dec 2025 00:00:30 GMT" }, { retryAfter: 0 }],
    [{ ratelimit: '"a";r=5;t=9, "b";r=0;t=60' }, { remaining: 0, resetAfter: 60_000 }],
    [{ ratelimit: "default;r=3" }, { remaining: 3 }],
    [
      { "ratelimit-remaining": "0", "ratelimit-reset": "12" },
      { remaining: 0, resetAfter: 12_000 },
    ],
    [
      { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(now / 1000 + 90) },
      { remaining: 0, resetAfter: 90_000 },
    ],
    [
      { "x-ratelimit-remaining-requests": "59", "x-ratelimit-reset-requests": "6m0s" },
      { remaining: 59, resetAfter: 360_000 },
    ],
    [{ "x-ratelimit-reset": "2026-01-01T00:00:05Z" }, { resetAfter: 5000 }],
    [{ "retry-after": "soon", ratelimit: '"a";r=-1;t=x', "x-ratelimit-remaining": "many" }, {}],
    [{ "retry-after": "-5", "x-ratelimit-reset": "" }, {}],
    [{}, {}],
  ])("reads %j", (headers, expected) => {
    expect(providerLimits({ headers }, now)).toEqual(expected);
    expect(providerLimits({ headers: new Headers(headers as Record<string, string>) }, now)).toEqual(expected);
  });

  test("survives every header", () => {
    const names = ["retry-after", "ratelimit", "x-ratelimit-remaining", "x-ratelimit-reset"];
    const headers = fc.dictionary(
      fc.constantFrom(...names),
      fc.oneof(fc.string(), fc.stringMatching(/^[-\d.;=rt", smh]{0,30}$/)),
    );
    fc.assert(
      fc.property(headers, (given) => {
        for (const value of Object.values(providerLimits({ headers: given }, now)))
          expect(value).toBeGreaterThanOrEqual(0);
      }),
    );
    for (const headers of [null, undefined, 7, []]) expect(providerLimits({ headers } as never)).toEqual({});
  });
});
