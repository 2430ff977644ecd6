import { createHmac } from "node:crypto";
import { secret } from "@seaworthy/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type AnonymizeRules, anonymize } from "./index.ts";

const KEY = "a pepper of 16 b";

describe("anonymize", () => {
  test("masks, hashes, drops and generalizes the members that are named, and copies the rest", () => {
    const record = {
      id: 7,
      name: "Ada",
      email: "ada@example.com",
      card: "4111111111111111",
      note: "x",
      age: 43,
      tags: ["a"],
      none: null,
    };
    const rules: AnonymizeRules = {
      name: "mask",
      email: { hash: KEY },
      card: { mask: 4 },
      note: "drop",
      age: { generalize: 10 },
    };
    const hash = createHmac("sha256", KEY).update('"ada@example.com"').digest("base64url").slice(0, 22);
    expect(anonymize(record, rules)).toEqual({
      id: 7,
      name: "****",
      email: hash,
      card: "****1111",
      age: "40-49",
      tags: ["a"],
      none: null,
    });
  });

  test("changes nothing of the record, and shares nothing with it", () => {
    const record = Object.freeze({ user: Object.freeze({ email: "a@b.example", tags: Object.freeze(["x"]) }) });
    const copy = anonymize(record, { "user.email": "mask" }) as { user: { email: string; tags: string[] } };
    expect(record.user.email).toBe("a@b.example");
    copy.user.tags.push("y");
    expect(record.user.tags).toEqual(["x"]);
  });

  test("follows paths into objects, lists, maps and sets, with * for any member or item", () => {
    const record = {
      orders: [{ card: "1" }, { card: "2" }],
      byName: { a: { pin: 1 }, b: { pin: 2 } },
      map: new Map([["k", { pin: 3 }]]),
      set: new Set([{ pin: 4 }]),
    };
    expect(
      anonymize(record, { "orders.*.card": "drop", "byName.*.pin": "mask", "map.k.pin": "mask", "set.*.pin": "drop" }),
    ).toEqual({
      orders: [{}, {}],
      byName: { a: { pin: "****" }, b: { pin: "****" } },
      map: { k: { pin: "****" } },
      set: [{}],
    });
    expect(anonymize({ list: ["a", "b", "c"] }, { "list.1": "drop" })).toEqual({ list: ["a", "c"] });
  });

  test("keeps nothing but what is named when * is dropped", () => {
    const record = { id: 1, email: "x", user: { id: 2, email: "y", deep: { id: 3, x: 1 } }, other: { id: 4 } };
    expect(anonymize(record, { "*": "drop", id: "keep", "user.id": "keep", "user.deep.id": "keep" })).toEqual({
      id: 1,
      user: { id: 2, deep: { id: 3 } },
    });
  });

  test("of two paths to a member the more exact wins, and a part before the whole", () => {
    const record = { a: { x: "1", y: "2" }, b: { x: "3" } };
    expect(anonymize(record, { "*.x": "drop", "a.x": "keep" })).toEqual({ a: { x: "1", y: "2" }, b: {} });
    expect(anonymize(record, { a: "mask", "a.x": "keep", b: "mask" })).toEqual({ a: { x: "1", y: "****" }, b: "****" });
  });

  test("a mask has one length, whatever it hides", () => {
    for (const value of ["", "x", "x".repeat(1000), 7, true, { a: 1 }, [1, 2], new Date()])
      expect(anonymize({ value }, { value: "mask" })).toEqual({ value: "****" });
    expect(anonymize({ value: "12345" }, { value: { mask: 2 } })).toEqual({ value: "****" });
    expect(anonymize({ value: "123456" }, { value: { mask: 2 } })).toEqual({ value: "****56" });
    expect(anonymize({ value: null }, { value: "mask" })).toEqual({ value: null });
  });

  test("equal values have equal hashes under one key, and other ones under another", () => {
    const hash = (value: unknown, key: string): unknown => anonymize({ value }, { value: { hash: key } }).value;
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(hash(a, KEY) === hash(b, KEY)).toBe(a === b);
        expect(hash(a, KEY)).not.toBe(hash(a, "another key of 16 bytes"));
        expect(hash(a, KEY)).toMatch(/^[\w-]{22}$/);
      }),
    );
    expect(hash("7", KEY)).not.toBe(hash(7, KEY));
    expect(hash(7n, KEY)).toMatch(/^[\w-]{22}$/);
    expect(anonymize({ v: "x" }, { v: { hash: secret(KEY) } })).toEqual(
      anonymize({ v: "x" }, { v: { hash: Buffer.from(KEY) } }),
    );
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    expect(hash(cycle, KEY)).toBe("****");
  });

  test.each<[unknown, AnonymizeRules[string], unknown]>([
    [43, { generalize: 10 }, "40-49"],
    [-3, { generalize: 10 }, "-10--1"],
    [42.9, { generalize: 5 }, "40-44"],
    ["43", { generalize: 10 }, "****"],
    [Number.NaN, { generalize: 10 }, "****"],
    ["1985-12-10", { generalize: "year" }, "1985"],
    ["1985-12-10T10:00:00Z", { generalize: "month" }, "1985-12"],
    [new Date(0), { generalize: "day" }, "1970-01-01"],
    [new Date(Number.NaN), { generalize: "day" }, "****"],
    ["10.12.1985", { generalize: "year" }, "****"],
    ["203.0.113.77", { generalize: "network" }, "203.0.113.0/24"],
    ["2001:db8:abcd:12::1", { generalize: "network" }, "2001:db8:abcd::/48"],
    ["::1", { generalize: "network" }, "::/48"],
    ["example.com", { generalize: "network" }, "****"],
    ["ada@example.com", { generalize: "domain" }, "@example.com"],
    ["a@b@c", { generalize: "domain" }, "****"],
    ["10115", { generalize: { prefix: 2 } }, "10****"],
    ["10", { generalize: { prefix: 2 } }, "****"],
    ["x", { generalize: (value) => `${value}!` }, "x!"],
    ["Mail ada@example.com", "scrub", "Mail [email]"],
    [{ a: 1 }, "scrub", "****"],
  ])("%j by %j is %j", (value, rule, expected) =>
    expect(anonymize({ value }, { value: rule })).toEqual({ value: expected }),
  );

  test("secrets are redacted whatever the rule says", () => {
    for (const rules of [
      {},
      { key: "keep" },
      { key: { hash: KEY } },
      { key: { generalize: (value: unknown) => value } },
    ] as AnonymizeRules[])
      expect(anonymize({ key: secret("sk-live-1234567890") }, rules)).toEqual({ key: "[redacted]" });
  });

  test("hostile records end: cycles, depth, width, getters, prototypes", () => {
    const cycle: Record<string, unknown> = { a: 1 };
    cycle.self = cycle;
    expect(anonymize(cycle, {})).toEqual({ a: 1, self: "[circular]" });
    let deep: unknown = "secret text";
    for (let i = 0; i < 10_000; i++) deep = { deep };
    expect(JSON.stringify(anonymize({ deep }, {}))).not.toContain("secret text");
    expect(JSON.stringify(anonymize({ wide: Array(200_000).fill("x") }, {}))).toContain("[too much]");
    const throwing = Object.defineProperty({}, "a", {
      enumerable: true,
      get: () => {
        throw new Error("boom");
      },
    });
    expect(anonymize(throwing, {})).toEqual({ a: "[unreadable]" });
    const polluting = anonymize(JSON.parse('{"__proto__":{"admin":true}}'), {});
    expect(Object.hasOwn(polluting, "__proto__") && ({} as { admin?: boolean }).admin).toBeUndefined();
    expect(Object.getPrototypeOf(polluting)).toBe(Object.prototype);
    expect(anonymize(JSON.parse('{"__proto__":{"pin":1}}'), { "__proto__.pin": "drop" })).toEqual(
      JSON.parse('{"__proto__":{}}'),
    );
  });

  test("no value of a member that is masked, dropped or hashed is anywhere in the copy", () => {
    const marked = fc.string({ minLength: 3, maxLength: 8 }).map((text) => `<<${text}>>`);
    const tree = fc.letrec((tie) => ({
      node: fc.dictionary(
        fc.constantFrom("a", "b", "secret"),
        fc.oneof({ maxDepth: 4 }, fc.integer(), tie("node"), fc.array(tie("node"), { maxLength: 2 })),
      ),
    })).node;
    fc.assert(
      fc.property(
        tree,
        marked,
        fc.constantFrom<AnonymizeRules[string]>("mask", "drop", { hash: KEY }),
        (record, value, rule) => {
          const withSecret = { x: record, secret: value, list: [{ secret: value }, { secret: { inner: value } }] };
          expect(JSON.stringify(anonymize(withSecret, { secret: rule, "list.*.secret": rule }))).not.toContain(
            JSON.stringify(value).slice(1, -1),
          );
        },
      ),
    );
  });

  test.each([
    [{ a: "hide" }, /"a" must be "keep"/],
    [{ a: { mask: 0 } }, /mask must be an integer/],
    [{ a: { hash: "short" } }, /at least 16 bytes; got 5 bytes/],
    [{ a: { hash: 7 } }, /hash must be a string, bytes/],
    [{ a: { generalize: "century" } }, /generalize is unknown/],
    [{ a: { generalize: 1 } }, /generalize must be an integer/],
    [{ a: { generalize: { prefix: 0 } } }, /prefix/],
    [{ a: { generalize: { prefix: 2, suffix: 1 } } }, /generalize has no member "suffix"/],
    [{ a: { mask: 2, hash: KEY } }, /must be "keep"/],
    [{ a: null }, /must be "keep"/],
    [{ "": "mask" }, /path/],
    [{ "a..b": "mask" }, /path/],
    [null, /rules must be an object/],
  ])("refuses the rules %j", (rules, message) => {
    expect(() => anonymize({}, rules as never)).toThrow(message);
    expect(() => anonymize({}, rules as never)).toThrow(TypeError);
  });

  test.each([null, undefined, "x", [1]])("refuses %j, which is not a record", (record) =>
    expect(() => anonymize(record, {})).toThrow(TypeError),
  );
});
