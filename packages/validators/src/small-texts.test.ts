import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { verdict } from "../test/refusals.ts";
import { byteSizeText, createCursors, cron, durationText, identifier, semver, sqlIdentifier, userId } from "./index.ts";

describe("durationText", () => {
  test.each([
    ["250ms", 250],
    ["30s", 30_000],
    ["1h30m", 5_400_000],
    ["0s", 0],
  ])("reads %s as %d milliseconds", (text, value) => expect(durationText().parse(text)).toBe(value));
  test.each(["", "30", "s", "-5s", "1e3ms", "30 s", "30m1h", "5y", "0x10s", "9".repeat(100)])("refuses %j", (text) =>
    expect(verdict(durationText(), text)).toBe("duration"),
  );
  test("includes its bounds, which may be equal", () => {
    for (const text of ["1s", "1500ms", "2s"])
      expect(verdict(durationText({ min: "1s", max: 2000 }), text), text).toBe("ok");
    expect(verdict(durationText({ min: "1s", max: "2s" }), "2001ms")).toBe("too_big");
    expect(verdict(durationText({ min: 5, max: 5 }), "5ms")).toBe("ok");
    expect(verdict(durationText(), "365d")).toBe("ok");
    expect(verdict(durationText(), "0s")).toBe("ok");
  });
  test("keeps within its bounds, which are 0 and a year by default", () => {
    expect(verdict(durationText({ max: "1m" }), "61s")).toBe("too_big");
    expect(verdict(durationText({ min: "1s" }), "999ms")).toBe("too_small");
    expect(verdict(durationText(), "366d")).toBe("too_big");
    expect(verdict(durationText(), 30)).toBe("invalid_type");
  });
  test.each([{ min: "2s", max: "1s" }, { max: "x" }, { max: Number.NaN }, { most: 1 }])(
    "refuses the options %j",
    (options) => expect(() => durationText(options as never)).toThrow(TypeError),
  );
});

describe("byteSizeText", () => {
  test.each([
    ["512b", 512],
    ["10mb", 10_000_000],
    ["64KiB", 65_536],
    ["1.5kib", 1536],
  ])("reads %s as %d bytes", (text, value) => expect(byteSizeText().parse(text)).toBe(value));
  test.each(["", "10", "mb", "-1b", "1e3b", "10 mb", "0x10b", "10pb"])("refuses %j", (text) =>
    expect(verdict(byteSizeText(), text)).toBe("byte_size"),
  );
  test("includes its bounds, which may be equal", () => {
    for (const text of ["10b", "1kib"]) expect(verdict(byteSizeText({ min: 10, max: "1kib" }), text), text).toBe("ok");
    expect(verdict(byteSizeText({ min: "1kib", max: 1024 }), "1024b")).toBe("ok");
    expect(verdict(byteSizeText(), "1tib")).toBe("ok");
    expect(verdict(byteSizeText(), "1025gib")).toBe("too_big");
  });
  test("keeps within its bounds", () => {
    expect(verdict(byteSizeText({ max: "1kib" }), "1025b")).toBe("too_big");
    expect(verdict(byteSizeText({ min: 10 }), "9b")).toBe("too_small");
    expect(() => byteSizeText({ max: -1 })).toThrow(TypeError);
  });
});

describe("cron", () => {
  test.each([
    "* * * * *",
    "*/5 0-23/2 1,15 jan-jun mon-fri",
    "0 0 29 2 *",
    "0 0 31 2 mon",
    "30 2 * * 7",
    "5/15 * * * *",
    "0 0 */31 * *",
    "0 0 * */12 *",
    "@daily",
    "0 0 1 1 0",
  ])("lets %s through", (text) => expect(cron().parse(text)).toBe(text));
  test("puts one blank between the fields", () => expect(cron().parse("  */5\t*  * * MON ")).toBe("*/5 * * * mon"));
  test.each([
    "",
    "*",
    "* * * *",
    "* * * * * *",
    "60 * * * *",
    "* 24 * * *",
    "* * 0 * *",
    "* * 32 * *",
    "* * * 13 *",
    "* * * 0 *",
    "* * * * 8",
    "5-1 * * * *",
    "*/0 * * * *",
    "*/60 * * * *",
    "0 */24 * * *",
    "0 0 */32 * *",
    "*/90 * * * *",
    "1,,2 * * * *",
    "1- * * * *",
    "-1 * * * *",
    "a * * * *",
    "* * * foo *",
    "* * * * fri-mon",
    "1.5 * * * *",
    "@reboot",
    "@every 5m",
    "* * L * *",
    "* * * * 1#2",
    "? * * * *",
    "*".repeat(300),
    "1e1 * * * *",
  ])("refuses %j", (text) => expect(verdict(cron(), text)).toBe("cron"));
  test.each(["0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 31 feb *", "0 0 30-31 2 */2"])(
    "refuses %s, which never comes",
    (text) => expect(verdict(cron(), text)).toBe("never"),
  );
  test("takes a field for seconds when told to", () => {
    expect(verdict(cron({ seconds: true }), "*/30 * * * * *")).toBe("ok");
    expect(verdict(cron({ seconds: true }), "* * * * *")).toBe("cron");
    expect(() => cron({ seconds: 1 } as never)).toThrow(TypeError);
  });
});

describe("semver", () => {
  test.each([
    "0.0.0",
    "1.2.3",
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-0.3.7",
    "1.0.0-x-y-z.--",
    "1.0.0+001",
    "1.0.0-rc.1+build.1",
    "1.0.0+--",
    "9007199254740991.0.0",
  ])("lets %s through", (text) => expect(semver().parse(text)).toBe(text));
  test.each([
    "",
    "1",
    "1.2",
    "1.2.3.4",
    "v1.2.3",
    "01.2.3",
    "1.2.3-",
    "1.2.3+",
    "1.2.3-01",
    "1.2.3-a..b",
    "1.2.3-é",
    "1.2.3+a+b",
    " 1.2.3",
    "1.2.3\n",
    "^1.2.3",
    "1.x.3",
    "-1.2.3",
    "9007199254740993.0.0",
    `1.0.0-${"a".repeat(300)}`,
  ])("refuses %j", (text) => expect(verdict(semver(), text)).toBe("semver"));
  test("agrees with the expression of the standard", () => {
    const standard =
      /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\+([0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?$/;
    const part = fc.constantFrom("0", "1", "01", ".", "-", "+", "a", "1a", "0.0.0", "--", "é");
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 9 }).map((parts) => parts.join("")),
        (text) => {
          expect(semver().safeParse(text).success).toBe(standard.test(text));
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe("identifier", () => {
  test.each(["a", "order-items", "Order_2", "x".repeat(64)])("lets %s through", (text) =>
    expect(identifier().parse(text)).toBe(text),
  );
  test.each([
    ["", "identifier"],
    ["1a", "identifier"],
    ["-a", "identifier"],
    ["a b", "identifier"],
    ["a.b", "identifier"],
    ["a/b", "identifier"],
    ["a\n", "identifier"],
    ["ａ", "identifier"],
    ["\u0430dmin", "identifier"],
    ["__proto__", "identifier"],
    ["constructor", "reserved"],
    ["prototype", "reserved"],
    ["toString", "reserved"],
    ["hasOwnProperty", "reserved"],
    ["x".repeat(65), "too_big"],
  ])("refuses %j", (text, code) => expect(verdict(identifier(), text)).toBe(code));
  test("as the key of a plain object, what it lets through is never there before", () => {
    for (const name of Object.getOwnPropertyNames(Object.prototype)) expect(verdict(identifier(), name)).not.toBe("ok");
  });
  test("has a maximum", () => {
    expect(verdict(identifier({ max: 2 }), "abc")).toBe("too_big");
    expect(() => identifier({ max: 0 })).toThrow(TypeError);
  });
});

describe("userId", () => {
  test.each([
    "7",
    "42",
    "auth0|5f7c8ec7",
    "ada@example.com",
    "3f2b8c1e-8a54-4a7e-9c1d-0e8a2b6f1c33",
    "google-oauth2:11",
    "x",
  ])("lets %s through", (text) => expect(userId().parse(text)).toBe(text));
  test.each([
    ["undefined", "reserved"],
    ["NULL", "reserved"],
    ["NaN", "reserved"],
    ["0", "reserved"],
    ["false", "reserved"],
    ["constructor", "reserved"],
    ["__proto__", "user_id"],
    [String({}), "user_id"],
    ["", "user_id"],
    ["../admin", "user_id"],
    ["a..b", "user_id"],
    ["a b", "user_id"],
    ["a/b", "user_id"],
    ["a\n", "user_id"],
    ["\u0430da", "user_id"],
    [".a", "user_id"],
    ["a@", "user_id"],
    ["a".repeat(129), "too_big"],
  ])("refuses %j", (text, code) => expect(verdict(userId(), text)).toBe(code));
  test("has a maximum", () => {
    expect(verdict(userId({ max: 2 }), "abc")).toBe("too_big");
    expect(() => userId({ max: 256 })).toThrow(TypeError);
  });
});

describe("sqlIdentifier", () => {
  test.each(["id", "created_at", "_x", "orders2", "x".repeat(63)])("lets %s through", (text) =>
    expect(sqlIdentifier().parse(text)).toBe(text),
  );
  test.each([
    ["id; drop table users", "sql_identifier"],
    ["id--", "sql_identifier"],
    ['"id"', "sql_identifier"],
    ["Id", "sql_identifier"],
    ["1a", "sql_identifier"],
    ["", "sql_identifier"],
    ["a b", "sql_identifier"],
    ["a\n", "sql_identifier"],
    ["ıd", "sql_identifier"],
    ["public.users", "sql_identifier"],
    ["user", "reserved"],
    ["select", "reserved"],
    ["order", "reserved"],
    ["x".repeat(64), "too_big"],
  ])("refuses %j", (text, code) => expect(verdict(sqlIdentifier(), text)).toBe(code));
  test("takes a schema's name in front when told to", () => {
    const qualified = sqlIdentifier({ qualified: true });
    expect(verdict(qualified, "public.users")).toBe("ok");
    expect(verdict(qualified, "users")).toBe("ok");
    for (const text of ["a.b.c", ".a", "a.", "public.select"]) expect(verdict(qualified, text)).not.toBe("ok");
    expect(() => sqlIdentifier({ qualified: "yes" } as never)).toThrow(TypeError);
  });
});

test("no text makes any of them slow, and none of them throws", () => {
  const schemas = [
    durationText(),
    byteSizeText(),
    cron(),
    semver(),
    identifier(),
    userId(),
    sqlIdentifier({ qualified: true }),
  ];
  const piece = fc.constantFrom("1", "a", ".", "-", "*/", ",", " ", "\0", "😀", "\ud800", "_");
  fc.assert(
    fc.property(piece, piece, (a, b) => {
      for (const text of [a.repeat(500_000) + b, (a + b).repeat(500_000)])
        for (const schema of schemas) expect(schema.safeParse(text).success).toBe(false);
    }),
    { numRuns: 30 },
  );
});

test("an object with a schema that converts has a JSON Schema, of what comes in and of what comes out", () => {
  const cursor = createCursors({ keys: ["a key of 32 bytes, from a secret!"], scope: "s" }).schema();
  const options = z.object({ after: durationText(), size: byteSizeText(), cursor });
  expect(z.toJSONSchema(options, { io: "input" }).properties).toMatchObject({
    after: { type: "string" },
    size: { type: "string" },
    cursor: { type: "string" },
  });
  expect(z.toJSONSchema(options).properties).toMatchObject({
    after: { type: "number" },
    size: { type: "number" },
    cursor: {},
  });
});
