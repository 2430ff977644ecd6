import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { verdict } from "../test/refusals.ts";
import { filename, toFilename } from "./index.ts";

describe("filename", () => {
  test.each([
    "report.pdf",
    "Übersicht 2026.pdf",
    "报告：2024.pdf",
    "50% off.txt",
    "Q%26A.txt",
    "a..b",
    "-x",
    "console.log",
    "com10",
    "nulls.txt",
    "📷.jpg",
  ])("lets %s through as it is", (name) => expect(filename().parse(name)).toBe(name));

  test.each([
    ["..", "traversal"],
    [".", "traversal"],
    ["", "empty"],
    ["a/b", "separator"],
    ["a\\b", "separator"],
    ["../etc/passwd", "separator"],
    ["%2e%2e", "traversal"],
    ["%2E%2e%2Fetc", "separator"],
    ["..%2fetc", "separator"],
    ["..%5cetc", "separator"],
    ["%252e%252e%252fetc", "traversal"],
    ["%25252e", "traversal"],
    ["\uff0e\uff0e", "traversal"],
    ["\u2025", "traversal"],
    ["a\uff0fb", "separator"],
    ["a\uff3cb", "separator"],
    ["a%ef%bc%8fb", "separator"],
    ["%c0%ae%c0%ae", "bad_encoding"],
    ["%e0%80%af", "bad_encoding"],
    ["a\0.png", "nul"],
    ["a%00.png", "nul"],
    ["a\nb", "control_character"],
    ["a%0ab", "control_character"],
    ["photo\u202egpj.exe", "bidi_control"],
    ["a\ud800", "lone_surrogate"],
    ["C:", "drive_letter"],
    ["c:secret.txt", "drive_letter"],
    ["c%3asecret.txt", "drive_letter"],
    ["a.txt::$DATA", "reserved_character"],
    ["a?b", "reserved_character"],
    ["a|b", "reserved_character"],
    ["CON", "reserved_name"],
    ["nul.txt", "reserved_name"],
    ["Aux .log", "reserved_name"],
    ["COM1", "reserved_name"],
    ["lpt³.x", "reserved_name"],
    ["conin$", "reserved_name"],
    ["%6eul", "reserved_name"],
    ["a.", "outer_blank"],
    ["a ", "outer_blank"],
    [" a", "outer_blank"],
    ["...", "outer_blank"],
    ["a.txt\u00a0", "outer_blank"],
    ["\u3000a", "outer_blank"],
    ["a\ufeff", "outer_blank"],
    ["\u200b", "invisible"],
    ["%e2%80%8b", "invisible"],
    ["ad\u200bmin.txt", "zero_width"],
    ["a%e2%80%8bb.txt", "zero_width"],
    ["..%25c0%25af", "traversal"],
    ["a%2541.txt", "traversal"],
    [".htaccess", "hidden"],
    ["%2ehtaccess", "hidden"],
    ["x".repeat(256), "too_big"],
    ["é".repeat(128), "too_big"],
  ])("refuses %j", (name, code) => expect(verdict(filename(), name)).toBe(code));

  test("lets names with a leading dot through when told to, but not the dots that lead elsewhere", () => {
    const any = filename({ hidden: true });
    expect(verdict(any, ".env")).toBe("ok");
    expect(verdict(any, "..")).toBe("traversal");
  });

  test("what it lets through stays one segment however it is decoded or normalized", () => {
    const hostile = fc.array(
      fc.constantFrom(".", "..", "/", "\\", "%2e", "%2f", "%5C", "%25", "\uff0e", "\uff0f", "\0", "a", "C:", " ", "%"),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          hostile.map((parts) => parts.join("")),
          fc.string(),
        ),
        (name) => {
          if (!filename({ hidden: true }).safeParse(name).success) return;
          const forms = [name, name.normalize("NFKC")];
          try {
            forms.push(decodeURIComponent(name), decodeURIComponent(decodeURIComponent(name)));
          } catch {
            // what cannot be decoded has one form less
          }
          for (const form of forms) expect(form).not.toMatch(/[/\\\0]|^\.{1,2}$/);
        },
      ),
      { numRuns: 500 },
    );
  });

  test.each([
    ["report.pdf", "ok"],
    ["REPORT.PDF", "ok"],
    ["backup.tar.gz", "ok"],
    ["q3.v2.final.pdf", "ok"],
    ["report.pdf.exe", "extension"],
    ["report", "extension"],
    ["pdf", "extension"],
    ["reportpdf", "extension"],
    ["backup.gz", "extension"],
    ["shell.php.pdf", "extension"],
    ["shell.PHTML .pdf", "extension"],
    [".pdf", "hidden"],
  ])("with extensions, %j is %s", (name, code) =>
    expect(verdict(filename({ extensions: ["pdf", "tar.gz"] }), name)).toBe(code),
  );

  test("an inner extension that is on the list is let through", () => {
    expect(verdict(filename({ extensions: ["py"] }), "a.py")).toBe("ok");
    expect(verdict(filename({ extensions: ["php.txt"] }), "a.php.txt")).toBe("ok");
  });

  test.each([[[]], [["."]], [[".pdf"]], [["p/df"]], ["pdf"], [[7]], [["a.b.c.d"]]])(
    "refuses the extensions %j",
    (extensions) => expect(() => filename({ extensions } as never)).toThrow(/extensions must/),
  );

  test("refuses options that it does not have", () => {
    expect(() => filename({ hidden: "yes" } as never)).toThrow(/hidden must be a boolean/);
    expect(() => filename({ root: "/" } as never)).toThrow(TypeError);
  });
});

describe("toFilename", () => {
  test.each([
    ["report.pdf", "report.pdf"],
    ["C:\\fakepath\\Q3: Umsätze?.xlsx", "Q3_ Umsätze_.xlsx"],
    ["../../etc/passwd", "passwd"],
    ["con.txt", "_con.txt"],
    ["NUL", "_NUL"],
    ["...", "file"],
    ["", "file"],
    ["/", "file"],
    [".htaccess", "htaccess"],
    ["  a . ", "a"],
    ["a\0b\n.txt", "a_b_.txt"],
    ["invoice\u202egpj.exe", "invoicegpj.exe"],
    ["ad\u200bmin", "admin"],
    ["%2e%2e%2fpasswd", "_2e_2e_2fpasswd"],
    ["a／b", "a_b"],
    ["Zoe\u0308.txt", "Zoë.txt"],
    ["a\ud800.txt", "a_.txt"],
    ["\u2025", "file"],
    ["\u{1f468}\u200d\u{1f469}.png", "\u{1f468}\u200d\u{1f469}.png"],
  ])("makes %j into %j", (given, name) => expect(toFilename(given)).toBe(name));

  test("cuts a long name before its extension, within 255 bytes and between characters", () => {
    const name = toFilename(`${"ü".repeat(300)}.tar.gz`);
    expect(name).toBe(`${"ü".repeat(126)}.gz`);
    expect(Buffer.byteLength(toFilename("\u{1f600}".repeat(100)))).toBe(252);
    expect(toFilename(`a.${"x".repeat(300)}`)).toBe(`a.${"x".repeat(253)}`);
  });

  test.each(["\u2105\u2800", "..\u2105", ".\u2101", "\u2106"])(
    "%j, of which only underscores would be left, is the fallback",
    (text) => expect(toFilename(text)).toBe("file"),
  );

  test("what comes out is a file name, whatever goes in, and comes out again as it is", () => {
    const pieces = fc.constantFrom(
      ...'./\\:%*?"<>|~ \0\n\u202e\u200b\u200d\ufeff\ud800\uff0f\uff0e\u2025aé',
      "con",
      "%2e",
      "%25",
      "\u0301",
      "x".repeat(120),
      "\u{1f468}",
    );
    const anything = fc.oneof(
      fc.array(pieces, { maxLength: 9 }).map((list) => list.join("")),
      fc.string({ unit: "binary" }),
    );
    fc.assert(
      fc.property(anything, (given) => {
        const name = toFilename(given);
        expect(verdict(filename(), name), JSON.stringify(name)).toBe("ok");
        expect(toFilename(name)).toBe(name);
      }),
      { numRuns: 2000 },
    );
  });

  test("takes a megabyte of dots and blanks in one pass", () => {
    expect(toFilename(". ".repeat(500_000))).toBe("file");
  });

  test("refuses what is not text, and a fallback that is not a file name", () => {
    expect(() => toFilename(7 as never)).toThrow("text must be a string; got 7");
    expect(() => toFilename("a", { fallback: "../x" })).toThrow('fallback must be the name of a file; got "../x"');
    expect(() => toFilename("a", { most: 3 } as never)).toThrow(/most/);
    expect(toFilename("..", { fallback: "upload.bin" })).toBe("upload.bin");
  });
});
