import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { csvCell } from "./index.ts";

describe("csvCell", () => {
  test.each([
    [7, "7"],
    [-5, "-5"],
    [1.5, "1.5"],
    [10n, "10"],
    [true, "true"],
    [null, ""],
    [undefined, ""],
    [Number.NaN, ""],
    [new Date(0), "1970-01-01T00:00:00.000Z"],
    [new Date(Number.NaN), ""],
    ["", ""],
    ["plain text", "plain text"],
    ["-5", "-5"],
    ["+49.5", "+49.5"],
    ["a,b", '"a,b"'],
    ["a;b", '"a;b"'],
    ['say "hi"', '"say ""hi"""'],
    ["two\nlines", '"two\nlines"'],
    ["a\0b", "ab"],
    ["O'Brien", "O'Brien"],
    ["a=b", "a=b"],
  ])("%o is the cell %j", (value, cell) => expect(csvCell(value)).toBe(cell));

  test("every finite number stays a number, and so does its text", () => {
    const numbers = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.double({ min: -100, max: 0, noNaN: true }),
    );
    fc.assert(
      fc.property(numbers, fc.bigInt(), (value, whole) => {
        expect(csvCell(value)).toBe(String(value));
        expect(csvCell(String(value))).toBe(String(value));
        expect(csvCell(whole)).toBe(String(whole));
      }),
      { numRuns: 1000 },
    );
    expect([-0.1 - 0.2, -1 / 3, -1e-7, -1234567890123456].map(csvCell)).toEqual([
      "-0.30000000000000004",
      "-0.3333333333333333",
      "-1e-7",
      "-1234567890123456",
    ]);
  });

  test.each([
    "-1e5+1",
    "-1e",
    "-1.e5",
    "-Infinity",
    "=1+1",
    "+1+1",
    "-1-1",
    "@SUM(A1)",
    "=cmd|' /C calc'!A0",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "\u00a0=1",
    "\0=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠A1",
    "+49 30 901820",
    "-",
    "--1",
    "\ttext",
    "-1e5x",
  ])("%j is not a formula any more", (value) => expect(csvCell(value).replace(/^"/, "")).toMatch(/^'/));

  test("no text begins a formula, whatever stands in it, and a reader gets one cell back", () => {
    const piece = fc.constantFrom("=", "+", "-", "@", " ", "\t", "\r", "\n", ",", ";", '"', "'", "\0", "1", "a", "＝");
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(piece, { maxLength: 6 }).map((parts) => parts.join("")),
          fc.string(),
        ),
        (value) => {
          const cell = csvCell(value);
          const read = cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell;
          if (!cell.startsWith('"')) expect(cell).not.toMatch(/[",;\r\n]/);
          else expect(cell.slice(1, -1).replaceAll('""', "")).not.toContain('"');
          if (!/^[+-]?[\d.]+$/.test(read)) expect(read).not.toMatch(/^\s*[=+\-@＝＋－＠]/);
          expect([value.replaceAll("\0", ""), `'${value.replaceAll("\0", "")}`]).toContain(read);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test.each([{}, [], () => 1, Symbol("x"), new Map()])("refuses %s, which cannot be the value of a cell", (value) =>
    expect(() => csvCell(value)).toThrow(TypeError),
  );

  test("takes a cell of millions of blanks in one pass", () => {
    expect(csvCell(" ".repeat(5_000_000))).toHaveLength(5_000_002);
  });
});
