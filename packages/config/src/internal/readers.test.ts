// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are written in the language that is tested
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readDotenv } from "./dotenv.ts";
import { JsonFault, jsonValue, readJson } from "./json.ts";
import { nearest } from "./suggest.ts";
import { isOneCharacter, isWellKnown } from "./weak.ts";

describe("readJson", () => {
  it("reads whatever JSON.stringify writes, as JSON.parse does", () => {
    const value = fc.jsonValue({ maxDepth: 5 }).filter((json) => !JSON.stringify(json).includes("__proto__"));
    fc.assert(
      fc.property(value, fc.constantFrom(0, 2, "\t"), (json, indent) => {
        const text = JSON.stringify(json, null, indent);
        const unsafe = JSON.stringify(json, (_, part) =>
          Number.isInteger(part) && !Number.isSafeInteger(part) ? "UNSAFE" : part,
        ).includes("UNSAFE");
        if (!unsafe) expect(jsonValue(readJson(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  it("refuses whatever JSON.parse refuses, and never crashes", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[[\]{}",:0-9a-z\\ .+-]*$/)), (text) => {
        let parsed = true;
        try {
          JSON.parse(text);
        } catch {
          parsed = false;
        }
        try {
          readJson(text);
        } catch (error) {
          expect(error).toBeInstanceOf(JsonFault);
          return;
        }
        expect(parsed || text.startsWith("\ufeff")).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it("counts lines and columns from 1, at keys in objects", () => {
    const root = readJson('\ufeff{\r\n  "a": {"b"\n:\n1}, "ü😀": [\n2]}');
    expect(root).toMatchObject({ kind: "object", line: 1, column: 1 });
    const members = root.kind === "object" ? root.members : new Map();
    expect(members.get("a")).toMatchObject({ line: 2, column: 3 });
    expect(members.get("ü😀")).toMatchObject({ line: 4, column: 5 });
  });
});

describe("readDotenv", () => {
  it("reads what other readers read", () => {
    const { entries, faults } = readDotenv(
      [
        "# comment",
        "",
        "PLAIN=a b # not this",
        "export EXPORTED = x",
        "EMPTY=",
        "HASH=a#b",
        "SINGLE='a \"b\" ${C} #' # comment",
        'DOUBLE="a\\n\\"b\\" \\\\ \\$C"',
        'LINES="one',
        'two"',
        "AFTER=1",
        "URL=postgres://u:p@h/d?a=b",
        "WINDOWS=x\r",
      ].join("\n"),
    );
    expect(faults).toEqual([]);
    expect(Object.fromEntries([...entries].map(([name, { value }]) => [name, value]))).toEqual({
      PLAIN: "a b",
      EXPORTED: "x",
      EMPTY: "",
      HASH: "a",
      SINGLE: 'a "b" ${C} #',
      DOUBLE: 'a\n\\"b\\" \\\\ \\$C',
      LINES: "one\ntwo",
      AFTER: "1",
      URL: "postgres://u:p@h/d?a=b",
      WINDOWS: "x",
    });
    expect(entries.get("SINGLE")?.literal).toBe(true);
    expect(entries.get("AFTER")?.line).toBe(11);
  });

  it("tells the place of what it does not understand, never the text", () => {
    const { faults, repeated } = readDotenv("hunter2\n1A=x\nA=1\nA=2\nB='open\nC=1\n");
    expect(repeated).toEqual([{ name: "A", line: 4 }]);
    expect(faults.map(({ line }) => line)).toEqual([1, 2, 5]);
    expect(JSON.stringify(faults)).not.toContain("hunter2");
  });

  it("ends on any text", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[A-C='"\\$#\n ]*$/)), (text) => void readDotenv(text)),
    );
  });
});

describe("weak secrets and near names", () => {
  it("know defaults in any spelling, and leave random text alone", () => {
    for (const weak of [
      "changeme",
      "CHANGE-ME!",
      "Change_Me_Please",
      "secret",
      "postgres",
      "s3cr3t",
      "your_jwt_secret_here",
      "django-insecure-x8$",
      "replace-with-a-real-one",
      "12345678",
      "password-password-pass",
    ])
      expect(isWellKnown(weak), weak).toBe(true);
    for (const fine of [
      "Zk3v9Qw1LmX8c0Tr",
      "tests-are-not-secret-but-long",
      "passwordless-login-is-better",
      "x",
      "!!!",
    ])
      expect(isWellKnown(fine), fine).toBe(false);
    expect(isOneCharacter("")).toBe(false);
    expect(isOneCharacter("aaaa")).toBe(true);
    expect(isOneCharacter("aaab")).toBe(false);
  });

  it("find the nearest name, swaps of neighbours being one edit", () => {
    expect(nearest("http.port", ["http.prot", "http.host"])).toBe("http.prot");
    expect(nearest("a", ["b"])).toBeUndefined();
    expect(nearest("port", ["port"])).toBeUndefined();
    expect(nearest("database.url", ["cache.url", "jwt.secret"])).toBeUndefined();
  });
});
