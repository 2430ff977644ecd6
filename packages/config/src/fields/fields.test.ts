import { isSecret, secret } from "@seaworthy/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import {
  amqpUrl,
  byteSize,
  duration,
  endpoint,
  flag,
  list,
  port,
  postgresUrl,
  redisUrl,
  secretText,
  url,
} from "../index.ts";
import type { FieldSchema } from "../internal/zod.ts";

const accepts = (schema: FieldSchema<unknown, unknown>, value: unknown): boolean => schema.safeParse(value).success;
const junk = [
  undefined,
  null,
  {},
  [],
  true,
  () => 1,
  Symbol("x"),
  Number.NaN,
  Number.POSITIVE_INFINITY,
  -1,
  new Date(Number.NaN),
  10n,
];

describe("port()", () => {
  it("takes 1 to 65535 as a number or as plain digits, and nothing else", () => {
    for (const good of [1, 80, 65_535, "1", "8080", "65535"]) expect(port().parse(good)).toBe(Number(good));
    for (const bad of [
      0,
      65_536,
      1.5,
      "0",
      "65536",
      "0x10",
      "1e3",
      "080",
      "+80",
      " 80",
      "80 ",
      "80.0",
      "-1",
      "",
      "８０",
      ...junk,
    ])
      expect(accepts(port(), bad), String(bad)).toBe(false);
  });

  it("takes any text that is a decimal in range, and no other text at all", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.integer({ min: -10, max: 70_000 }).map(String)), (text) => {
        const good = /^[1-9]\d{0,4}$/.test(text) && Number(text) <= 65_535;
        expect(accepts(port(), text)).toBe(good);
      }),
    );
  });

  it("takes 0 only when it may be ephemeral", () => {
    expect(port({ ephemeral: true }).parse("0")).toBe(0);
    expect(() => port({ ephemeral: "yes" as never })).toThrow('port: ephemeral must be a boolean; got "yes"');
    expect(() => port({ min: 5 } as never)).toThrow(TypeError);
  });
});

describe("duration()", () => {
  it("gives milliseconds, refuses text without a unit, and keeps to its bounds", () => {
    expect(duration().parse("1h30m")).toBe(5_400_000);
    expect(duration().parse(250)).toBe(250);
    for (const bad of ["5000", "5 s", "s", "-1s", "1e3ms", "", ...junk])
      expect(accepts(duration(), bad), String(bad)).toBe(false);
    const bounded = duration({ min: "1s", max: "1m" });
    for (const good of ["1s", "1m", 1000]) expect(accepts(bounded, good)).toBe(true);
    for (const bad of ["999ms", "61s", 0]) expect(accepts(bounded, bad)).toBe(false);
  });

  it("refuses bounds that are not durations or cross each other", () => {
    expect(() => duration({ min: "soon" as never })).toThrow(/duration: min/);
    expect(() => duration({ max: Number.NaN })).toThrow(/duration: max/);
    expect(() => duration({ min: "2s", max: "1s" })).toThrow(TypeError);
  });
});

describe("byteSize()", () => {
  it("gives bytes, refuses text without a unit, and keeps to its bounds", () => {
    expect(byteSize().parse("64kib")).toBe(65_536);
    expect(byteSize().parse(10)).toBe(10);
    for (const bad of ["64", "1 kb", 1.5, "", ...junk]) expect(accepts(byteSize(), bad), String(bad)).toBe(false);
    expect(accepts(byteSize({ min: "1kb", max: "1mb" }), "2mb")).toBe(false);
    expect(() => byteSize({ max: -1 })).toThrow(/byteSize: max/);
  });
});

describe("flag()", () => {
  it('reads words in any case; "false" is false, and anything else is refused', () => {
    for (const [text, value] of [
      ["true", true],
      ["TRUE", true],
      ["yes", true],
      ["on", true],
      ["1", true],
      ["false", false],
      ["No", false],
      ["off", false],
      ["0", false],
    ] as const)
      expect(flag().parse(text)).toBe(value);
    expect(flag().parse(false)).toBe(false);
    for (const bad of ["", "t", "maybe", " true", 1, 0, ...junk.filter((value) => value !== true)])
      expect(accepts(flag(), bad), String(bad)).toBe(false);
  });
});

describe("list()", () => {
  it("splits text, trims items, takes JSON arrays and arrays, and reads items as their type", () => {
    expect(list().parse("a, b ,c")).toEqual(["a", "b", "c"]);
    expect(list().parse('["a,b"]')).toEqual(["a,b"]);
    expect(list().parse("[]")).toEqual([]);
    expect(list(port()).parse("80,443")).toEqual([80, 443]);
    expect(list(z.number(), { separator: ";" }).parse("1;2")).toEqual([1, 2]);
    expect(list(z.enum(["a", "b"])).parse(["a"])).toEqual(["a"]);
  });

  it("refuses empty items, items of another type, broken JSON, and a length out of bounds", () => {
    for (const bad of [
      "a,,b",
      "a,",
      "[1,",
      "[1]",
      "",
      5,
      [1],
      { length: 1 },
      ...junk.filter((value) => !Array.isArray(value)),
    ])
      expect(accepts(list(), bad), String(bad)).toBe(false);
    expect(accepts(list(port()), "80,x")).toBe(false);
    expect(accepts(list(z.number()), "1,0x2")).toBe(false);
    expect(accepts(list(undefined, { min: 2 }), "a")).toBe(false);
    expect(accepts(list(undefined, { max: 2 }), "a,b,c")).toBe(false);
    expect(() => list(5 as never)).toThrow("list: item must be a schema of zod 4; got 5");
    expect(() => list(undefined, { separator: "" })).toThrow(TypeError);
    expect(() => list(undefined, { min: 3, max: 2 })).toThrow(TypeError);
  });
});

describe("url()", () => {
  it("takes an absolute URL of an allowed protocol and gives it back as it was", () => {
    for (const good of ["http://a", "https://a.example:8443/b?c=d#e", "https://[::1]/", "https://user:pa%2Fss@h/"])
      expect(url().parse(good)).toBe(good);
    for (const bad of [
      "a.example",
      "//a",
      "/a",
      "ftp://a",
      "javascript:alert(1)",
      "http:a",
      "https://",
      "http://a\nb",
      " http://a",
      "http://a:99999",
      "",
      `http://${"a".repeat(9000)}`,
      ...junk,
    ])
      expect(accepts(url(), bad), String(bad)).toBe(false);
    expect(accepts(url({ protocols: ["wss"] }), "wss://a")).toBe(true);
    expect(() => url({ protocols: [] })).toThrow(TypeError);
    expect(() => url({ protocols: ["HTTPS:"] })).toThrow(TypeError);
  });
});

describe("endpoint()", () => {
  it("gives a host and a port, also of an IPv6 address", () => {
    expect(endpoint().parse("db.example:5432")).toEqual({ host: "db.example", port: 5432 });
    expect(endpoint().parse("[2001:db8::1]:1")).toEqual({ host: "2001:db8::1", port: 1 });
    expect(endpoint({ defaultPort: 6379 }).parse("cache")).toEqual({ host: "cache", port: 6379 });
    expect(endpoint({ defaultPort: 6379 }).parse("[::1]")).toEqual({ host: "::1", port: 6379 });
    expect(endpoint().parse({ host: "::1", port: 5 })).toEqual({ host: "::1", port: 5 });
    for (const bad of [
      "db",
      "db:",
      ":1",
      "db:0",
      "db:65536",
      "db:0x1",
      "::1:5",
      "[::1",
      "[zz]:1",
      "a b:1",
      "a@b:1",
      "a/b:1",
      "http://a:1",
      { host: "a" },
      { host: "", port: 1 },
      ...junk,
    ])
      expect(accepts(endpoint(), bad), JSON.stringify(String(bad))).toBe(false);
  });
});

describe("connection URLs", () => {
  it("take their own protocols only, and say so when a password was not escaped", () => {
    const kinds: [FieldSchema<string, string>, string[], string[]][] = [
      [
        postgresUrl(),
        ["postgres://a/b", "postgresql://u:p@a:5432/b?sslmode=require", "postgres:///b", "pglite://memory"],
        ["mysql://a", "postgres:a"],
      ],
      [redisUrl(), ["redis://a", "rediss://:p%40@a:6379/0"], ["http://a", "redis:a"]],
      [amqpUrl(), ["amqp://a", "amqps://u:p@a/%2F"], ["http://a", "mqtt://a"]],
    ];
    for (const [schema, good, bad] of kinds) {
      for (const text of good) expect(schema.parse(text)).toBe(text);
      for (const text of [...bad, ...junk]) expect(accepts(schema, text), String(text)).toBe(false);
    }
    const result = postgresUrl().safeParse("postgres://u:pa/ss@host/db");
    expect(result.error?.issues[0]).toMatchObject({
      params: { seaworthy: { hint: expect.stringContaining("escape") } },
    });
    expect(JSON.stringify(result.error)).not.toContain("pa/ss");
  });
});

describe("secretText()", () => {
  it("gives a Secret, takes one, and keeps the refused value out of the schema library's own error", () => {
    const given = secret("Zk3v9Qw1LmX8c0Tr");
    expect(secretText().parse(given)).toBe(given);
    expect(isSecret(secretText().parse("Zk3v9Qw1LmX8c0Tr"))).toBe(true);
    const { error } = secretText({ minBytes: 100 }).safeParse("Zk3v9Qw1LmX8c0Tr");
    expect(`${JSON.stringify(error)}${String(error?.stack)}`).not.toContain("Zk3v9");
    for (const bad of ["", secret(5), ...junk]) expect(accepts(secretText(), bad)).toBe(false);
    for (const minBytes of [0, -1, 1.5, Number.NaN, "32"])
      expect(() => secretText({ minBytes: minBytes as never })).toThrow(/minBytes/);
  });
});
