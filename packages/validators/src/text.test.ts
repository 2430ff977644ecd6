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

  const INSIDE =
    "\u200b\u200c\u200d\u2060\u2061\u2062\u2063\u2064\ufeff\u00ad\u034f\u3164\uffa0\u115f\u1160\u180e\u200e\u200f\u061c\ufe0f\ufe00\u17b4";
  test.each([...INSIDE].map((mark) => [mark.charCodeAt(0).toString(16), mark]))(
    "refuses the zero-width character U+%s in visible text, or strips it",
    (_, mark) => {
      for (const value of [`admin${mark}`, `ad${mark}min`, `${mark}admin`, `a\u0301${mark}b`, `Ж${mark}Ж`]) {
        expect(verdict(text(), value), value).toBe("zero_width");
        expect(text({ zeroWidth: "strip" }).parse(value)).toBe(value.replaceAll(mark, "").normalize("NFC"));
      }
    },
  );

  test.each([
    ["a run of joiners in Persian", "می\u200c\u200cخواهم"],
    ["a joiner at the end of a Latin word in Persian", "می\u200cخواهم PDF\u200c"],
    ["an emoji and a joiner that joins nothing", "\u{1f468}\u200d!"],
    ["a selector behind a letter", "a\ufe0f"],
    ["a digit with a selector and no keycap", "1\ufe0f"],
    ["bits in zero-width spaces", `ok${"\u200b\u200c".repeat(40)}`],
  ])("refuses %s", (_, value) => expect(verdict(text(), value)).toBe("zero_width"));

  test.each([
    ["Persian with a Latin abbreviation", "PDF\u200cها"],
    ["an Arabic letter with a joiner that shows its form", "ه\u200d"],
    ["Hindi with an explicit half form", "र्\u200dय"],
    ["a rainbow flag", "\u{1f3f3}\ufe0f\u200d\u{1f308}"],
    ["a dark-skinned firefighter", "\u{1f469}\u{1f3ff}\u200d\u{1f692}"],
    ["a Japanese variant", "葛\u{e0100}"],
    ["Mongolian", "ᠮᠣᠩᠭᠣᠯ\u180bᠠ"],
    ["Arabic with a direction mark", "C++\u200f لغة"],
  ])("lets %s through, unchanged also where it strips", (_, value) => {
    expect(text().parse(value)).toBe(value.normalize("NFC"));
    expect(text({ zeroWidth: "strip" }).parse(value)).toBe(value.normalize("NFC"));
  });

  test("what it strips is let through when it comes again, and nothing to see is refused", () => {
    const strip = text({ zeroWidth: "strip" });
    const parts = fc.constantFrom(
      ...INSIDE,
      "a",
      "م",
      "क",
      "\u094d",
      "\u{1f468}",
      "\u{1f3fd}",
      "\ufe0f",
      "1",
      "\u20e3",
      "漢",
      "\u0301",
    );
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 12 }), (list) => {
        const result = strip.safeParse(list.join(""));
        if (result.success)
          expect([verdict(text(), result.data), result.data]).toEqual(["ok", strip.parse(result.data)]);
      }),
      { numRuns: 1000 },
    );
    expect(verdict(strip, "\u200b")).toBe("too_small");
  });

  test.each(["p\u0430ypal", "\u0410dmin", "micros\u043eft login", "\u03bfmega", "Ʌ\u0434", "עם\u0430"])(
    "refuses the mixed scripts of %j if told to",
    (value) => {
      expect(verdict(text({ mixedScripts: false }), value)).toBe("mixed_scripts");
      expect(verdict(text(), value)).toBe("ok");
    },
  );

  test.each([
    "I like Москва!",
    "東京タワーへGO",
    "대한민국KBS",
    "Ελλάδα-2026",
    "O’Brien & Søn",
    "१२३ हिन्दी",
    "اردو 12",
    "ꦧꦱ",
    "π",
    "µm",
    "\u{1f44d}ok",
    "x²",
    "ﬁne",
  ])("lets %j through, whose words have one way of writing", (value) =>
    expect(verdict(text({ mixedScripts: false }), value)).toBe("ok"),
  );

  test("trims before it counts, if told to", () => {
    expect(text({ trim: true, graphemes: 3 }).parse("  \u00a0abc\u3000 ")).toBe("abc");
    expect(text({ trim: true, multiline: true }).parse("\n a \n b \r\n")).toBe("a \n b");
    expect(verdict(text({ trim: true }), "   ")).toBe("too_small");
    expect(text({ trim: true, graphemes: { min: 0 } }).parse("   ")).toBe("");
    expect(text().parse(" a ")).toBe(" a ");
  });

  test.each([{ zeroWidth: "drop" }, { zeroWidth: true }, { mixedScripts: "no" }, { trim: 1 }])(
    "refuses the options %j",
    (options) => expect(() => text(options as never)).toThrow(Object.keys(options)[0] as string),
  );

  test("normalizes to form C before it counts", () => {
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

  test("caps the length before it normalizes, however many combining marks follow", () => {
    // Normalizing either text takes over half an hour.
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
    [{ graphemes: 0 }, /graphemes must be an integer/],
    [{ graphemes: Number.NaN }, /graphemes/],
    [{ graphemes: { min: 5, max: 4 } }, /graphemes.min must not be more than graphemes.max/],
    [{ graphemes: { most: 4 } }, /has no option "most"/],
    [{ codePoints: "3" }, /codePoints/],
    [{ bytes: "17mib" }, /bytes/],
    [{ bytes: "ten" }, /bytes/],
    [{ bytes: -1 }, /bytes/],
    [{ multiline: "yes" }, /multiline/],
    [{ trimmed: true }, /has no option "trimmed"/],
  ])("refuses the options %j", (options, message) => {
    expect(() => text(options as never)).toThrow(message);
    expect(() => text(options as never)).toThrow(TypeError);
  });
});
