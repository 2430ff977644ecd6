import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { verdict } from "../test/refusals.ts";
import { text } from "./index.ts";

const FAMILY = "\u{1f468}\u200d\u{1f469}\u200d\u{1f467}\u200d\u{1f466}";
const WALES = "\u{1f3f4}\u{e0067}\u{e0062}\u{e0077}\u{e006c}\u{e0073}\u{e007f}";

describe("text", () => {
  test.each(["\0", "\x07", "\x1b[31mred", "a\nb", "a\rb", "a\tb", "\x7f", "\x85", "\x9b", "a\u2028b", "a\u2029b"])(
    "refuses the control character in %j",
    (value) => expect(verdict(text(), value)).toBe("control_character"),
  );

  test("lets tabs and whole line breaks through when told to, and no other control character", () => {
    const notes = text({ multiline: true });
    expect(notes.parse("one\n\ttwo\r\nthree")).toBe("one\n\ttwo\r\nthree");
    for (const value of ["a\rb", "a\x0bb", "a\0b", "a\u2028b", "a\x1bb"])
      expect(verdict(notes, value)).toBe("control_character");
  });

  test.each(
    [..."\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"].map((mark) => [
      mark.charCodeAt(0).toString(16),
      mark,
    ]),
  )("refuses the bidirectional control U+%s", (_, mark) =>
    expect(verdict(text(), `invoice${mark}gpj.exe`)).toBe("bidi_control"),
  );

  test.each(["\u200b", " ", "\u3164", "\u2800", "\u00a0\u2003", "\u200d\u200c", "\ufeff", "\u00ad", "\u2060\u180e"])(
    "refuses text in which there is nothing to see: %j",
    (value) => expect(verdict(text(), value)).toBe("invisible"),
  );

  test.each(["\ud800", "a\udc00", "\udc00\ud800", "ok\ud83d"])("refuses the lone surrogate in %j", (value) =>
    expect(verdict(text(), value)).toBe("lone_surrogate"),
  );

  test.each([
    "a\u{e0041}\u{e0042}",
    "\u{1f3f4}\u{e0041}",
    `x${WALES}\u{e0020}`,
    "a\ufe0f\ufe0e",
    "a\u{e0100}\u{e0101}",
  ])("refuses text hidden in tags and variation selectors: %j", (value) =>
    expect(verdict(text(), value)).toBe("hidden_text"),
  );

  test.each(["\uffff", "\ufdd0", "\u{1fffe}", "\ufff9", "\u206a"])(
    "refuses %j, which is not for interchange",
    (value) => expect(verdict(text(), `a${value}`)).toBe("not_for_interchange"),
  );

  test.each([
    ["a family", FAMILY],
    ["a skin tone", "\u{1f44d}\u{1f3fd}"],
    ["a keycap", "1\ufe0f\u20e3"],
    ["a heart with a selector", "\u2764\ufe0f"],
    ["the flag of Wales", WALES],
    ["a flag of two letters", "\u{1f1e9}\u{1f1ea}"],
  ])("%s survives, and is one grapheme", (_, value) => {
    expect(text({ graphemes: 1 }).parse(value)).toBe(value);
  });

  test.each([
    ["Persian with a zero-width non-joiner", "می\u200cخواهم"],
    ["Sinhala with a zero-width joiner", "ශ්\u200dරී"],
    ["Hebrew with a right-to-left mark", "שלום\u200f!"],
    ["Vietnamese", "Việt Nam"],
    ["Thai", "กำลัง"],
  ])("%s survives", (_, value) => expect(text().parse(value)).toBe(value.normalize("NFC")));

  test("normalises to form C before it counts", () => {
    expect(text({ codePoints: 3 }).parse("Zoe\u0308")).toBe("Zo\u00eb");
    expect(text({ bytes: 4 }).parse("Zoe\u0308")).toBe("Zo\u00eb");
  });

  test("counts each unit by its name", () => {
    expect(verdict(text({ graphemes: 2 }), FAMILY.repeat(3))).toBe("too_big");
    expect(verdict(text({ graphemes: 3 }), FAMILY.repeat(3))).toBe("ok");
    expect(verdict(text({ codePoints: 6 }), FAMILY)).toBe("too_big");
    expect(verdict(text({ codePoints: 7 }), FAMILY)).toBe("ok");
    expect(verdict(text({ bytes: 24 }), FAMILY)).toBe("too_big");
    expect(verdict(text({ bytes: 25 }), FAMILY)).toBe("ok");
    expect(verdict(text({ graphemes: { min: 2, max: 3 } }), "a")).toBe("too_small");
    expect(verdict(text({ bytes: { min: 4 } }), "\u00e9")).toBe("too_small");
  });

  test("refuses the empty text unless a minimum of 0 is given", () => {
    expect(verdict(text(), "")).toBe("too_small");
    expect(verdict(text({ graphemes: 5 }), "")).toBe("too_small");
    expect(verdict(text({ graphemes: { min: 0, max: 5 } }), "")).toBe("ok");
  });

  test("caps the length before it normalises, however many combining marks follow", () => {
    // Normalising either text takes over half an hour.
    expect(verdict(text(), `a${"\u0301\u0323".repeat(2_000_000)}`)).toBe("too_big");
    expect(verdict(text({ bytes: "16mib" }), `a${"\u0301\u0323".repeat(2_000_000)}`)).toBe("too_many_marks");
  });

  test("takes 30 marks on one character and refuses 31", () => {
    expect(verdict(text(), `a${"\u0323".repeat(30)}`)).toBe("ok");
    expect(verdict(text(), `a${"\u0323".repeat(31)}`)).toBe("too_many_marks");
  });

  test("has a cap of 64 KiB when none is given", () => {
    expect(verdict(text({ graphemes: 100_000 }), "a".repeat(65_536))).toBe("ok");
    expect(verdict(text({ graphemes: 100_000 }), "a".repeat(65_537))).toBe("too_big");
  });

  test("what it lets through is well-formed, in form C, within its bounds, and let through again", () => {
    const schema = text({ graphemes: 12, codePoints: 20, bytes: 40, multiline: true });
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "grapheme" }), fc.string({ unit: "binary" })), (value) => {
        const result = schema.safeParse(value);
        if (!result.success) return;
        expect(result.data.isWellFormed() && result.data === result.data.normalize("NFC")).toBe(true);
        expect([...new Intl.Segmenter().segment(result.data)].length).toBeLessThanOrEqual(12);
        expect([...result.data].length).toBeLessThanOrEqual(20);
        expect(Buffer.byteLength(result.data)).toBeLessThanOrEqual(40);
        expect(schema.parse(result.data)).toBe(result.data);
      }),
    );
  });

  test("composes with zod: in objects, with further checks, and as JSON Schema of input and output", () => {
    const schema = z.object({ title: text({ graphemes: 5 }), note: text().optional(), mood: text().default("calm") });
    expect(schema.parse({ title: "Zoe\u0308" })).toEqual({ title: "Zo\u00eb", mood: "calm" });
    expect(verdict(schema, { title: 7 })).toBe("invalid_type@title");
    let refined = 0;
    const further = text().refine(() => ++refined > 0);
    expect(verdict(further, "a\0b")).toBe("control_character");
    expect(refined).toBe(0);
    expect(verdict(further, "ab")).toBe("ok");
    for (const io of ["input", "output"] as const)
      expect(z.toJSONSchema(schema, { io })).toMatchObject({ properties: { title: { type: "string" } } });
  });

  test.each([
    [{ graphemes: 0 }, /graphemes must be a whole number/],
    [{ graphemes: Number.NaN }, /graphemes/],
    [{ graphemes: { min: 5, max: 4 } }, /graphemes.min must not be more than graphemes.max/],
    [{ graphemes: { most: 4 } }, /has no option "most"/],
    [{ codePoints: "3" }, /codePoints/],
    [{ bytes: "17mib" }, /bytes/],
    [{ bytes: "ten" }, /bytes/],
    [{ bytes: -1 }, /bytes/],
    [{ multiline: "yes" }, /multiline/],
    [{ trim: true }, /has no option "trim"/],
  ])("refuses the options %j", (options, message) => {
    expect(() => text(options as never)).toThrow(message);
    expect(() => text(options as never)).toThrow(TypeError);
  });
});
