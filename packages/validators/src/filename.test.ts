import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { verdict } from "../test/refusals.ts";
import { filename } from "./index.ts";

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

  test("what it lets through stays one segment however it is decoded or normalised", () => {
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

  test("refuses options that it does not have", () => {
    expect(() => filename({ hidden: "yes" } as never)).toThrow(/hidden must be true or false/);
    expect(() => filename({ root: "/" } as never)).toThrow(TypeError);
  });
});
