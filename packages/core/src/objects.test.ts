import { describe, expect, expectTypeOf, test } from "vitest";
import { isObject, readMember, withoutUndefined } from "./objects.ts";

describe("withoutUndefined", () => {
  test("leaves out the members that are undefined, and only them", () => {
    const made = withoutUndefined({ a: undefined, b: null, c: 0, d: "", e: false, f: Number.NaN });
    expect(made).toStrictEqual({ b: null, c: 0, d: "", e: false, f: Number.NaN });
    expect(Object.keys(made)).not.toContain("a");
  });
  test("makes optional what may be undefined, and leaves the rest required", () => {
    const port = 1 as number | undefined;
    const made: { host: string; port?: number } = withoutUndefined({ host: "a", port });
    expect(made).toEqual({ host: "a", port: 1 });
    expectTypeOf(withoutUndefined({ host: "a", port }).host).toEqualTypeOf<string>();
  });
  test("makes a copy, and a member called __proto__ does not change its prototype", () => {
    const given = JSON.parse('{"__proto__": {"polluted": true}}') as object;
    const made = withoutUndefined(given);
    expect(made).not.toBe(given);
    expect((made as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

describe("readMember", () => {
  test("returns members of objects and functions, inherited ones too", () => {
    expect(readMember({ a: 1 }, "a")).toBe(1);
    expect(readMember([7], 0)).toBe(7);
    expect(readMember(Math.abs, "name")).toBe("abs");
    expect(readMember(new Error("m"), "name")).toBe("Error");
  });
  test.each([null, undefined, 5, "text", 5n, true])(
    "returns undefined for %s, which has no members of its own",
    (value) => {
      expect(readMember(value, "length", "unreadable")).toBeUndefined();
    },
  );
  test("returns the mark for a getter and a Proxy that throw", () => {
    const refuse = (): never => {
      throw new Error("no");
    };
    expect(readMember(Object.defineProperty({}, "a", { get: refuse }), "a")).toBeUndefined();
    expect(readMember(new Proxy({}, { get: refuse }), "a", "unreadable")).toBe("unreadable");
  });
});

describe("isObject", () => {
  test.each([[{}], [[]], [new Date()], [Object.create(null)]])("admits %o", (value) => {
    expect(isObject(value)).toBe(true);
  });
  test.each([null, undefined, 0, "text", Symbol.iterator, () => undefined])("refuses %o", (value) => {
    expect(isObject(value)).toBe(false);
  });
});
