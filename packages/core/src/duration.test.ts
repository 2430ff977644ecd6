import fc from "fast-check";
import { describe, expect, expectTypeOf, test } from "vitest";
import { type Duration, toMilliseconds } from "./duration.ts";

describe("toMilliseconds", () => {
  test.each([
    ["250ms", 250],
    ["30s", 30_000],
    ["5m", 300_000],
    ["1h30m", 5_400_000],
    ["1.5s", 1500],
    ["2d", 172_800_000],
    ["1w", 604_800_000],
    ["0s", 0],
    [0, 0],
    [12.5, 12.5],
  ])("reads %j as %d milliseconds", (duration, expected) => {
    expect(toMilliseconds(duration)).toBe(expected);
  });

  test.each([
    "",
    "5",
    "s",
    "-5s",
    "+5s",
    "5 s",
    "5S",
    "1e3ms",
    "30s5m",
    "5m5m",
    ".5s",
    "1.s",
    "0x10ms",
    "5ms ",
    "∞",
    `${"1".repeat(80)}s`,
  ])("refuses the text %j", (text) => {
    expect(() => toMilliseconds(text)).toThrow(TypeError);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, -1, 2 ** 60])("refuses the number %d", (value) => {
    expect(() => toMilliseconds(value)).toThrow(TypeError);
  });

  test.each([null, undefined, {}, [], true, 5n, () => 1, Symbol("s")])(
    "refuses a value of another type: %s",
    (value) => {
      expect(() => toMilliseconds(value as never)).toThrow(TypeError);
    },
  );

  test("names the option and the value got, cut short", () => {
    expect(() => toMilliseconds("soon", "openFor")).toThrow(/^openFor must be .*got "soon"$/);
    expect(() => toMilliseconds("x".repeat(1e6), "openFor")).toThrow(/^openFor must be .{0,200}$/);
  });

  test("text built from whole units comes back as their sum", () => {
    const part = fc.nat({ max: 1000 });
    fc.assert(
      fc.property(part, part, part, part, (h, m, s, ms) => {
        expect(toMilliseconds(`${h}h${m}m${s}s${ms}ms`)).toBe(h * 3_600_000 + m * 60_000 + s * 1000 + ms);
      }),
    );
  });

  test("any text gives a number of 0 or more, or a TypeError", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), (text) => {
        try {
          expect(toMilliseconds(text)).toBeGreaterThanOrEqual(0);
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError);
        }
      }),
    );
  });
});

test("the type takes what the parser takes, and refuses a unit that does not exist", () => {
  expectTypeOf<"250ms" | "30s" | "1.5s" | "1h30m" | "1w2d3h4m5s6ms" | 7>().toExtend<Duration>();
  expectTypeOf<"2sec">().not.toExtend<Duration>();
  expectTypeOf<"10 seconds">().not.toExtend<Duration>();
  expectTypeOf<"30m1h">().not.toExtend<Duration>();
  expectTypeOf<string>().not.toExtend<Duration>();
  expect(toMilliseconds("1w2d3h4m5s6ms")).toBe(788_645_006);
});
