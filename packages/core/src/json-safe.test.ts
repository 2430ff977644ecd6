import { EventEmitter } from "node:events";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cutText } from "./cut-text.ts";
import { jsonSafe } from "./json-safe.ts";
import { secret } from "./secret.ts";

describe("jsonSafe", () => {
  test("keeps plain data as it is", () => {
    const data = { a: 1, b: [true, null, "x"], c: { d: -0.5 } };
    expect(jsonSafe(data)).toEqual(data);
  });

  test("writes what JSON lacks as readable text", () => {
    const value = {
      nan: Number.NaN,
      big: 12n,
      f: () => 1,
      s: Symbol("s"),
      u: undefined,
      bytes: new Uint8Array(3),
      date: new Date(0),
      bad: new Date(Number.NaN),
    };
    expect(jsonSafe(value)).toEqual({
      nan: "NaN",
      big: "12",
      f: "[function]",
      s: "[symbol]",
      u: "[undefined]",
      bytes: "[3 bytes]",
      date: "1970-01-01T00:00:00.000Z",
      bad: "Invalid Date",
    });
  });

  test("writes maps as members and sets as arrays", () => {
    expect(jsonSafe({ m: new Map<unknown, unknown>([["a", 1], [{}, 2]]), s: new Set([1, 2]) })).toEqual({ m: { a: 1, "[object]": 2 }, s: [1, 2] }); // biome-ignore format: reads better
  });

  test("writes headers, query parameters and forms as members, under names that hide blanked", () => {
    const form = new FormData();
    form.append("note", "n");
    form.append("file", new File(["abc"], "a.txt"));
    const value = {
      headers: new Headers({ accept: "text/html", authorization: "Bearer abcdef" }),
      query: new URLSearchParams("q=1&tag=a&tag=b&access_token=abcdef&__proto__=p"),
      form,
    };
    expect(JSON.parse(JSON.stringify(jsonSafe(value)))).toEqual({
      headers: { accept: "text/html", authorization: "[redacted]" },
      query: JSON.parse('{"q":"1","tag":["a","b"],"access_token":"[redacted]","__proto__":"p"}'),
      form: { note: "n", file: "[3 bytes]" },
    });
    const many = new URLSearchParams(Array.from({ length: 60 }, (_, i): [string, string] => [`p${i}`, "x"]));
    expect(jsonSafe(many, { members: 2 })).toEqual({ p0: "x", p1: "x", "…": "[58 more]" });
    const same = new URLSearchParams(Array.from({ length: 60 }, (): [string, string] => ["p", "x"]));
    expect(jsonSafe(same, { members: 2 })).toEqual({ p: ["x", "x", "[58 more]"] });
  });

  test("is not led astray by a value that only claims to be one of the web's classes", () => {
    const endless = { [Symbol.toStringTag]: "Headers", *[Symbol.iterator]() { for (;;) yield ["a", 1]; } }; // biome-ignore format: reads better
    expect(jsonSafe({ endless, tagged: { [Symbol.toStringTag]: "URLSearchParams", a: 1 } }, { members: 1 })).toEqual({
      endless: { a: [1, "[9999 more]"] },
      "…": "[1 more]",
    });
    expect(jsonSafe({ [Symbol.toStringTag]: "URLSearchParams", a: 1 })).toEqual({ a: 1 });
  });

  test("marks cycles and shows a value twice where it merely recurs", () => {
    const shared = { x: 1 };
    const value: Record<string, unknown> = { first: shared, second: shared };
    value.self = value;
    expect(jsonSafe(value)).toEqual({ first: { x: 1 }, second: { x: 1 }, self: "[circular]" });
  });

  test("survives throwing getters, toJSON and Proxy traps", () => {
    const trap = () => {
      throw new Error("trap");
    };
    const value = {
      get bad() {
        return trap();
      },
      json: { toJSON: trap },
      proxy: new Proxy({}, { get: trap, ownKeys: trap, getPrototypeOf: trap }),
      good: 1,
    };
    expect(jsonSafe(value)).toEqual({ bad: "[unreadable]", json: "[unreadable]", proxy: "[unreadable]", good: 1 });
  });

  test("cuts depth, members, text and the whole, and says so", () => {
    let deep: unknown = "bottom";
    for (let i = 0; i < 10_000; i++) deep = { deep };
    expect(JSON.stringify(jsonSafe(deep)).length).toBeLessThan(200);
    expect(jsonSafe(Array(60).fill(0), { members: 2 })).toEqual([0, 0, "[58 more]"]);
    expect(jsonSafe({ a: 1, b: 2, c: 3 }, { members: 2 })).toEqual({ a: 1, b: 2, "…": "[1 more]" });
    expect(jsonSafe("x".repeat(5_000_000), { text: 10 })).toBe(`${"x".repeat(10)}…[4999990 more]`);
    const wide = Array.from({ length: 50 }, () => Array.from({ length: 50 }, () => Array(50).fill(1)));
    expect(JSON.stringify(jsonSafe(wide)).length).toBeLessThan(20_000);
  });

  test("blanks members with a credential's name at any depth, and secrets under any name", () => {
    const token = secret("a-secret-of-some-length");
    expect(
      jsonSafe({
        user: { Password: "p", api_key: "k" },
        token,
        note: ["has a-secret-of-some-length in it"],
        held: token,
      }),
    ).toEqual({
      user: { Password: "[redacted]", api_key: "[redacted]" },
      token: "[redacted]",
      note: ["has [redacted] in it"],
      held: "[redacted]",
    });
  });

  test("a member named __proto__ stays a member and sets no prototype", () => {
    const safe = jsonSafe(JSON.parse('{"__proto__": {"polluted": true}}')) as object;
    expect(Object.getPrototypeOf(safe)).toBe(Object.prototype);
    expect(Object.hasOwn(safe, "__proto__")).toBe(true);
  });

  test("whatever it is given, JSON.stringify takes the result", () => {
    fc.assert(
      fc.property(
        fc.anything({
          withBigInt: true,
          withDate: true,
          withMap: true,
          withSet: true,
          withTypedArray: true,
          withNullPrototype: true,
          withSparseArray: true,
        }),
        (value) => {
          expect(typeof JSON.stringify(jsonSafe(value))).toBe("string");
        },
      ),
    );
  });
});

describe("cutText", () => {
  test("never cuts a surrogate pair in two", () => {
    expect(cutText("ab😀cd", 3)).toBe("ab…[4 more]");
    expect(cutText("ab😀cd", 3).isWellFormed()).toBe(true);
  });
});

test("jsonSafe does not write out a bigint of two million digits", () => {
  expect(jsonSafe({ n: 1n << 8_000_000n, m: 12n })).toEqual({ n: "[bigint]", m: "12" });
});

test("an event emitter is shown by its class's name, with nothing of what it holds, unless it has a toJSON", () => {
  class Connection extends EventEmitter {
    readonly header = "authorization: Bearer not-for-logs";
  }
  expect(jsonSafe({ request: new Connection(), list: [new EventEmitter()] })).toEqual({
    request: "[Connection]",
    list: ["[EventEmitter]"],
  });
  const shown = Object.assign(new Connection(), { toJSON: () => ({ id: 7 }) });
  expect(jsonSafe(shown)).toEqual({ id: 7 });
});

test("an array or a collection with a toJSON of its own is what that gives", () => {
  const hidden = Object.defineProperty(["open", "hidden"], "toJSON", { value: () => ["open", "[redacted]"] });
  const map = Object.defineProperty(new Map([["key", "hidden"]]), "toJSON", { value: () => ({ key: "[redacted]" }) });
  expect(jsonSafe({ hidden, map })).toEqual({ hidden: ["open", "[redacted]"], map: { key: "[redacted]" } });
});
