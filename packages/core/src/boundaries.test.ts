import { describe, expect, test } from "vitest";
import { toBytes } from "./byte-size.ts";
import { cutText } from "./cut-text.ts";
import { toMilliseconds } from "./duration.ts";

describe("durations and sizes", () => {
  test("have fractions of several digits", () => {
    expect(toMilliseconds("1.25s")).toBe(1250);
    expect(toBytes("1.25kb")).toBe(1250);
  });
  test("reach Number.MAX_SAFE_INTEGER, and nothing beyond it", () => {
    expect(toMilliseconds(Number.MAX_SAFE_INTEGER)).toBe(Number.MAX_SAFE_INTEGER);
    expect(toBytes(Number.MAX_SAFE_INTEGER)).toBe(Number.MAX_SAFE_INTEGER);
    expect(() => toMilliseconds(Number.MAX_SAFE_INTEGER + 1)).toThrow(TypeError);
    expect(() => toBytes(Number.MAX_SAFE_INTEGER + 1)).toThrow(TypeError);
  });
  test("are named by default in the message", () => {
    expect(() => toMilliseconds("x")).toThrow(/^duration must be /);
    expect(() => toBytes("x" as never)).toThrow(/^size must be /);
  });
  test("are refused if they are longer than a person would write", () => {
    expect(() => toMilliseconds(`${"0".repeat(500)}1s`)).toThrow(TypeError);
    expect(() => toBytes(`${"0".repeat(500)}1kb` as never)).toThrow(TypeError);
  });
});

describe("cutText", () => {
  test("leaves a text of exactly the limit as it is", () => {
    expect(cutText("abc", 3)).toBe("abc");
    expect(cutText("abcd", 3)).toBe("abc…[1 more]");
  });
  test.each(["\ud800", "\udbff"])("does not end with the first half of a pair (case %#)", (half) => {
    expect(cutText(`ab${half}\udc00d`, 3)).toBe("ab…[3 more]");
  });
  test.each(["\ud7ff", "\udc00", "\ue000"])("keeps any other unit at the edge (case %#)", (unit) => {
    expect(cutText(`ab${unit}d`, 3)).toBe(`ab${unit}…[1 more]`);
  });
});
