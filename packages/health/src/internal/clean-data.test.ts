import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cleanData } from "./clean-data.ts";
import { failureCode } from "./failure.ts";

describe("data of a check", () => {
  test.each([
    ["a URL", "see postgres://admin:pw@db/x now"],
    ["a host name", "primary is db-7.eu.internal."],
    ["a host name with a port", "primary is cache.local:6379"],
    ["a single-label host with a port", "at db:5432"],
    ["the loopback name", "at localhost"],
    ["an IPv4 address", "from 10.0.0.7"],
    ["an IPv4 address with a port", "from 10.0.0.7:5432"],
    ["an IPv6 address", "from [2001:db8::7]:5432"],
    ["a mail address", "for jane@example.org"],
  ])("%s is hidden in text", (_, text) => {
    const { note } = cleanData({ note: text }) as { note: string };
    expect(note).toContain("[hidden]");
    expect(note).not.toMatch(/admin|db|cache|localhost|10\.|2001|jane/);
  });

  test.each([
    ["libpq's", "host=db1 port=5432 user=bob password=hunter2 sslmode=require"],
    ["quoted values", "host='db1' password='hunter2 with bob'"],
    ["another driver's", "Server=db1;Database=orders;User Id=bob;Password=hunter2;"],
    ["JSON in text", '{"username":"bob","password": "hunter2 hunter2","server":"db1"}'],
    ["a header", "Authorization: Basic hunter2bob=="],
    ["one name behind another", "config: password = hunter2, login: user: bob, dsn: host=db1=x"],
    ["a query", "?api_key=hunter2&user=bob"],
    ["plain words", "server: db1, user: bob, token: hunter2"],
  ])("credentials and places that are named in text are hidden: %s", (_, text) => {
    const { note } = cleanData({ note: text }) as { note: string };
    expect(note).toContain("[hidden]");
    expect(note).not.toMatch(/db1|bob|hunter2/);
  });

  test("a stack that was taken apart into lines shows none of them", () => {
    const { stack = "" } = new Error("refused by db");
    const lines = stack.split("\n");
    for (const list of [lines, lines.map((line) => line.trim())])
      expect(cleanData({ lines: list })).toEqual({ lines: ["Error", ...lines.slice(1).map(() => "")] });
  });

  test.each([
    "3 of 4 partitions",
    "v1.2.3",
    "7.0.15",
    "allkeys-lru",
    "2026-01-01T10:20:30.000Z",
    "12.5 %",
    "redis: loading",
    "state=ready lag=3, mode: primary",
    "at 3 of 4",
  ])("%s is kept", (text) => {
    expect(cleanData({ note: text })).toEqual({ note: text });
  });

  test.each([
    "password",
    "apiKey",
    "host",
    "hostname",
    "serverName",
    "remoteAddress",
    "connectionString",
    "url",
    "baseUrl",
    "user",
    "stack",
  ])("a member called %s is blanked out whatever it holds", (key) => {
    expect(cleanData({ [key]: "plain" })).toEqual({ [key]: "[redacted]" });
  });

  test("a stack is cut, and of an error only its name is left", () => {
    const error = new TypeError("refused by db");
    expect(cleanData({ a: error, b: error.stack, c: [error] })).toEqual({
      a: "TypeError",
      b: "TypeError",
      c: ["TypeError"],
    });
  });

  test("what is not an object is kept under value, and nothing stays nothing", () => {
    expect(cleanData(7)).toEqual({ value: 7 });
    expect(cleanData([1, 2])).toEqual({ value: [1, 2] });
    expect(cleanData(undefined)).toBeUndefined();
    expect(cleanData(null)).toBeUndefined();
  });

  test("anything comes out as bounded JSON without the host or the password put in", () => {
    const planted = fc.constantFrom(
      "db-7.internal",
      "postgres://u:hunter2@db-7.internal/x",
      "hunter2@db-7.internal",
      "10.20.30.40",
    );
    const text = fc.tuple(fc.string(), planted, fc.string()).map(([a, b, c]) => `${a} ${b} ${c}`);
    fc.assert(
      fc.property(fc.anything({ values: [text, fc.integer(), fc.constant("x".repeat(100_000))] }), (data) => {
        const json = JSON.stringify(cleanData({ data }));
        expect(json).not.toMatch(/db-7|hunter2|10\.20/);
        expect(json.length).toBeLessThan(1_200_000);
      }),
    );
  });

  test("a long hostile text costs no more than a short time", () => {
    for (const unit of ["a", "a.", "a:", ":", "@", "1.", "a-", "http://", "[", "\n at "])
      cleanData({ note: unit.repeat(200_000) });
  });
});

describe("the code of a failure", () => {
  test.each<[unknown, string]>([
    [Object.assign(new Error("x"), { code: "ECONNREFUSED" }), "ECONNREFUSED"],
    [Object.assign(new Error("x"), { code: "ENOTFOUND" }), "ENOTFOUND"],
    [Object.assign(new Error("x"), { code: "28P01" }), "28P01"],
    [Object.assign(new Error("x"), { code: "ERR_TLS_CERT_ALTNAME_INVALID" }), "ERR_TLS_CERT_ALTNAME_INVALID"],
    [new TypeError("fetch failed", { cause: Object.assign(new Error("x"), { code: "ECONNRESET" }) }), "ECONNRESET"],
    [new AggregateError([Object.assign(new Error("x"), { code: "ECONNREFUSED" })], "all"), "ECONNREFUSED"],
    [new DOMException("x", "TimeoutError"), "HEALTH_CHECK_TIMEOUT"],
    [new Error("WRONGPASS invalid username-password pair"), "WRONGPASS"],
    [new Error("db-7.internal"), "HEALTH_CHECK_FAILED"],
    [Object.assign(new Error("x"), { code: "db-7.internal" }), "HEALTH_CHECK_FAILED"],
    [Object.assign(new Error("x"), { code: "HUNTER2" }), "HEALTH_CHECK_FAILED"],
    [Object.assign(new Error("x"), { code: 404 }), "HEALTH_CHECK_FAILED"],
    ["text", "HEALTH_CHECK_FAILED"],
    [undefined, "HEALTH_CHECK_FAILED"],
    [null, "HEALTH_CHECK_FAILED"],
  ])("%s is %s", (thrown, code) => {
    expect(failureCode(thrown)).toBe(code);
  });

  test("a cause that is its own cause ends", () => {
    const error = new Error("round");
    error.cause = error;
    expect(failureCode(error)).toBe("HEALTH_CHECK_FAILED");
  });
});
