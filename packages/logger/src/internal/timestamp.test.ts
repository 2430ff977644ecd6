import { manualClock } from "@seaworthy/core/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createTimestamp } from "./timestamp.ts";

test("is ISO 8601 in UTC with six fractional digits", async () => {
  const clock = manualClock(Date.UTC(2026, 1, 28, 23, 59, 59, 999));
  const tell = createTimestamp(clock);
  expect(tell()).toBe("2026-02-28T23:59:59.999000Z");
  await clock.advance(1.25);
  expect(tell()).toBe("2026-03-01T00:00:00.000250Z");
});

test("has the digits below the millisecond from the monotonic clock, and never deviates from the wall clock", () => {
  let truth = Date.UTC(2026, 0, 1);
  const tell = createTimestamp({ now: () => Math.floor(truth), monotonic: () => truth - 123_456.789 });
  let last = "";
  for (let i = 0; i < 5000; i++) {
    truth += 0.0371 + (i % 7) / 10;
    const reported = tell();
    expect(Date.parse(reported)).toBe(Math.floor(truth));
    expect(reported >= last).toBe(true);
    last = reported;
  }
  // The offset between the clocks has been found by now.
  expect(Math.abs(Number(last.slice(23, 26)) - Math.floor((truth % 1) * 1000))).toBeLessThanOrEqual(60);
});

test("follows jumps of the wall clock in both directions", () => {
  const clock = manualClock();
  const tell = createTimestamp(clock);
  for (const to of ["2030-05-05T05:05:05.005Z", "1999-12-31T23:59:59.999Z", "2026-01-01T00:00:00.000Z"]) {
    clock.jumpTo(Date.parse(to));
    expect(tell()).toBe(to.replace("Z", "000Z"));
  }
});

test("agrees with Date for any time", () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date(0), max: new Date("9999-12-31T23:59:59.999Z"), noInvalidDate: true }),
      (date) => {
        expect(createTimestamp(manualClock(date.getTime()))()).toBe(date.toISOString().replace("Z", "000Z"));
      },
    ),
  );
});
