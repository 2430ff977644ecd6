import { describe, expect, test } from "vitest";
import { toBytes } from "./byte-size.ts";

describe("toBytes", () => {
  test.each([
    ["10mb", 10_000_000],
    ["64kib", 65_536],
    ["1.5kib", 1536],
    ["1KB", 1000],
    ["2GiB", 2_147_483_648],
    ["7b", 7],
    [0, 0],
    [4096, 4096],
  ])("reads %j as %d bytes", (size, expected) => {
    expect(toBytes(size)).toBe(expected);
  });

  test.each(["", "10", "mb", "-1kb", "1 kb", "1e3b", "0x1b", "1kib1b", "999999tib", `${"1".repeat(80)}b`])(
    "refuses the text %j",
    (text) => {
      expect(() => toBytes(text)).toThrow(TypeError);
    },
  );

  test.each([Number.NaN, 1.5, -1, Number.POSITIVE_INFINITY, null, {}, 5n])("refuses %s", (value) => {
    expect(() => toBytes(value as never, "limit")).toThrow(/^limit must be/);
  });
});
