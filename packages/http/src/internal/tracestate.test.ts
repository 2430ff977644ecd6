import { describe, expect, test } from "vitest";
import { parseTracestate } from "./tracestate.ts";

const members = (count: number): string => Array.from({ length: count }, (_, i) => `k${i}=1`).join(",");

describe("a tracestate header", () => {
  test.each([
    ["one member", "congo=t61rcWkgMzE", "congo=t61rcWkgMzE"],
    ["two members", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"],
    ["a tenant of a vendor", "1a-2f@fw529a3039=x", "1a-2f@fw529a3039=x"],
    ["every character of a key", "a_b-c*d/9=1", "a_b-c*d/9=1"],
    ["every kind of character of a value", 'a=!"#+-<>~ x', 'a=!"#+-<>~ x'],
    ["spaces and tabs around members", " \ta=1 \t,\t b=2\t", "a=1,b=2"],
    ["empty members", "a=1,, ,b=2,", "a=1,b=2"],
    ["a key of 256 characters", `${"k".repeat(256)}=1`, `${"k".repeat(256)}=1`],
    [
      "a tenant of 241 and a vendor of 14",
      `${"1".repeat(241)}@${"v".repeat(14)}=1`,
      `${"1".repeat(241)}@${"v".repeat(14)}=1`,
    ],
    ["a value of 256 characters", `a=${"v".repeat(256)}`, `a=${"v".repeat(256)}`],
    ["32 members", members(32), members(32)],
    [
      "512 characters",
      `a=${"1".repeat(247)},b=${"2".repeat(256)},c=3`,
      `a=${"1".repeat(247)},b=${"2".repeat(256)},c=3`,
    ],
  ])("with %s is kept", (_what, header, kept) => {
    expect(parseTracestate(header)).toBe(kept);
  });

  test.each([
    ["no header", undefined],
    ["an empty string", ""],
    ["only empty members", " , ,\t"],
    ["33 members", members(33)],
    ["513 characters", `a=${"1".repeat(248)},b=${"2".repeat(256)},c=3`],
    ["a member without a value", "a=1,b"],
    ["an empty value", "a="],
    ["an empty key", "=1"],
    ["an upper-case key", "Foo=1"],
    ["a key that begins with a digit", "1a=1"],
    ["a space in a key", "a b=1"],
    ["a space behind a key", "a =1"],
    ["a second @", "a@b@c=1"],
    ["nothing before the @", "@a=1"],
    ["nothing behind the @", "a@=1"],
    ["a key of 257 characters", `${"k".repeat(257)}=1`],
    ["a tenant of 242 characters", `${"t".repeat(242)}@v=1`],
    ["a vendor of 15 characters", `t@${"v".repeat(15)}=1`],
    ["a value of 257 characters", `a=${"v".repeat(257)}`],
    ["an equals sign in a value", "a=1=2"],
    ["a tab in a value", "a=1\t2"],
    ["a line feed", "a=1\nb=2"],
    ["a line feed at the end", "a=1\n"],
    ["a character beyond ASCII", "a=é"],
    ["a delete character", "a=\x7f"],
  ])("with %s is dropped", (_what, header) => {
    expect(parseTracestate(header)).toBeUndefined();
  });
});
