import { systemClock } from "@seaworthy/core";
import { manualClock } from "@seaworthy/core/testing";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { errors } from "./errors.ts";
import { retry } from "./index.ts";
import { retryAfterOf } from "./internal/requested-wait.ts";
import { parseRetryAfter } from "./retry-after.ts";
import { scriptedOperation } from "./testing.ts";

const NOW = Date.UTC(1994, 10, 6, 8, 49, 0);

test("whole seconds are read, blanks around them allowed", () => {
  expect(parseRetryAfter("120", NOW)).toBe(120_000);
  expect(parseRetryAfter(" 0 ", NOW)).toBe(0);
});

test.each(["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"])(
  "the HTTP date %s is read as GMT",
  (date) => {
    expect(parseRetryAfter(date, NOW)).toBe(37_000);
    expect(parseRetryAfter(date, NOW + 60_000)).toBe(0);
  },
);

test.each(["Sun Nov  6 08:49:37 1994", "Sun Nov 06 08:49:37 1994"])(
  "the HTTP date %s, which has no zone, is read as GMT wherever the process runs",
  (date) => {
    const { TZ } = process.env;
    try {
      process.env.TZ = "Asia/Tokyo";
      expect(new Date(NOW).getTimezoneOffset()).toBe(-540);
      expect(parseRetryAfter(date, NOW)).toBe(37_000);
    } finally {
      if (TZ === undefined) delete process.env.TZ;
      else process.env.TZ = TZ;
    }
  },
);

test.each(["", "-1", "1.5", "soon", "2024", "1e3", "0x10", "Infinity", "06 Nov", "9".repeat(400)])(
  "%j is not a Retry-After",
  (text) => {
    expect(parseRetryAfter(text, NOW)).toBe(text === "2024" ? 2_024_000 : undefined);
  },
);

test("any text gives a finite wait or none, and never throws", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 60 }), (text) => {
      const wait = parseRetryAfter(text, NOW);
      if (wait !== undefined) expect(wait).toBeGreaterThanOrEqual(0);
    }),
  );
});

test("the header is found on an error, on its response, on a result, in Headers and in plain objects", () => {
  const clock = manualClock();
  expect(retryAfterOf(errors.RESILIENCE_CIRCUIT_OPEN({}, { retryAfter: 250 }), clock)).toBe(250);
  expect(retryAfterOf({ headers: { "retry-after-ms": "1500.5", "retry-after": "2" } }, clock)).toBe(1500.5);
  expect(retryAfterOf({ headers: { "retry-after": "2" } }, clock)).toBe(2000);
  expect(retryAfterOf({ headers: { "Retry-After": 3 } }, clock)).toBe(3000);
  expect(retryAfterOf({ response: { headers: new Headers({ "Retry-After": "4" }) } }, clock)).toBe(4000);
  expect(retryAfterOf(new Response(null, { headers: { "retry-after": "5" } }), clock)).toBe(5000);
});

test("what says nothing, or says it with a getter that throws, asks for no wait", () => {
  const hostile = {
    get headers(): never {
      throw new Error("trap");
    },
  };
  for (const value of [
    undefined,
    null,
    7,
    "60",
    {},
    { retryAfter: Number.NaN },
    { retryAfter: -1 },
    { headers: 7 },
    hostile,
  ])
    expect(retryAfterOf(value, systemClock)).toBeUndefined();
});

test("a retryAfter of another library is not taken for milliseconds; Slack's, Discord's and Telegram's are seconds", () => {
  const clock = manualClock();
  const error = (members: object): Error => Object.assign(new Error("slow down"), members);
  expect(retryAfterOf(error({ retryAfter: 30 }), clock)).toBeUndefined();
  expect(retryAfterOf(error({ code: "slack_webapi_rate_limited_error", retryAfter: 30 }), clock)).toBe(30_000);
  expect(retryAfterOf(error({ retry_after: 1.5 }), clock)).toBe(1500);
  expect(retryAfterOf(error({ parameters: { retry_after: 7 } }), clock)).toBe(7000);
});

test("a function in place of true is asked for the time, and reported if it answers no duration", async () => {
  const clock = manualClock();
  const error = Object.assign(new Error("slow down"), { waitSeconds: 3 });
  expect(retryAfterOf(error, clock, (outcome) => (outcome as typeof error).waitSeconds * 1000)).toBe(3000);
  expect(retryAfterOf(error, clock, () => "3s")).toBe(3000);
  const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
  expect(retryAfterOf(error, clock, () => "soon" as never)).toBeUndefined();
  expect(warned).toHaveBeenCalledOnce();
  warned.mockRestore();
});

test("200 callers that get the same time do not come back in the same millisecond", async () => {
  const clock = manualClock();
  const busy = Object.assign(new Error("busy"), { headers: { "retry-after": "1" } });
  const back: number[] = [];
  const runs = Array.from({ length: 200 }, () => {
    const operation = scriptedOperation([{ error: busy }, { value: 1 }], { clock });
    return retry(
      async (call) => {
        if (call.attempt === 2) back.push(clock.monotonic());
        return operation(call);
      },
      { clock },
    );
  });
  await clock.advance("2s");
  await Promise.all(runs);
  expect(Math.min(...back)).toBeGreaterThanOrEqual(1000);
  expect(Math.max(...back)).toBeLessThanOrEqual(1250);
  expect(new Set(back).size).toBeGreaterThan(150);
});
