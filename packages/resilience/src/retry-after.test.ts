import { systemClock } from "@seaworthy/core";
import { manualClock } from "@seaworthy/core/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseRetryAfter, retryAfterOf } from "./retry-after.ts";

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

test.each(["", "-1", "1.5", "soon", "2024", "1e3", "0x10", "Infinity", "06 Nov", "9".repeat(400)])(
  "%j is no Retry-After",
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
  expect(retryAfterOf({ retryAfter: 250 }, clock)).toBe(250);
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
