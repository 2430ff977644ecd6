import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LineReader, type Typed, type TypedReader, ValueReader } from "./typed.ts";

function feedIn(reader: TypedReader, pieces: readonly string[]): Typed {
  for (const piece of pieces) {
    const found = reader.feed(piece);
    if (found !== undefined) return found;
  }
  return undefined;
}

describe("a typed line", () => {
  it.each([
    ["plain\r", { answer: "plain", rest: "" }],
    ["one\rtwo\r", { answer: "one", rest: "two\r" }],
    ["wrong\u0015right\n", { answer: "right", rest: "" }],
    ["ab\u007fc\b\u007fd\r", { answer: "d", rest: "" }],
    ["up\u001b[A and\u001b[3~ down\u001bx\r", { answer: "up and down", rest: "" }],
    ["\u001b[200~pasted\u001b[201~\r", { answer: "pasted", rest: "" }],
    ["half\u0003", "interrupted"],
    ["\u0004", "interrupted"],
    ["no end", undefined],
  ])("%j is read as %o", (typed, expected) => {
    expect(new LineReader().feed(typed)).toEqual(expected);
  });
});

describe("a typed value", () => {
  it.each([
    ["one\r\r", { answer: "one", rest: "" }],
    ["one\r\n\r\n", { answer: "one", rest: "" }],
    ["one\u0004", { answer: "one", rest: "" }],
    ["one\r\u0004two", { answer: "one", rest: "two" }],
    ["\r", { answer: "", rest: "" }],
    ["a\rb\r\rc", { answer: "a\nb", rest: "c" }],
    ["\u001b[200~a\r\rb\r\u001b[201~\r", { answer: "a\n\nb", rest: "" }],
    ["\u001b[200~a\u0003\u0004\u001b[31mb\u001b[201~\u0004", { answer: "a\u0003\u0004\u001b[31mb", rest: "" }],
    ["\u001b[200~no end of the paste\r\r", undefined],
    ["half\u0003", "interrupted"],
  ])("%j is read as %o", (typed, expected) => {
    expect(new ValueReader().feed(typed)).toEqual(expected);
  });

  it("that is pasted arrives whole, however the terminal cuts it into pieces", () => {
    const text = fc.string({
      unit: fc.constantFrom("a", "é", "😀", " ", "\t", "\n", "[", "~", "2", "\u001b[2"),
      maxLength: 60,
    });
    fc.assert(
      fc.property(text, fc.array(fc.nat(8), { maxLength: 40 }), (value, sizes) => {
        const typed = `\u001b[200~${value.replaceAll("\n", "\r")}\u001b[201~\u0004`;
        const chars = [...typed];
        const pieces = sizes.map((size) => chars.splice(0, size).join(""));
        expect(feedIn(new ValueReader(), [...pieces, chars.join("")])).toEqual({
          answer: value.replace(/\n$/, ""),
          rest: "",
        });
      }),
    );
  });
});
