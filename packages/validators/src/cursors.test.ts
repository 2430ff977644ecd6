import { secret } from "@seaworthy/core";
import { manualClock } from "@seaworthy/core/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { verdict } from "../test/refusals.ts";
import { createCursors, isValidationError } from "./index.ts";

const KEY = "k".repeat(32);
const OTHER = "o".repeat(32);
const orders = createCursors<unknown>({ keys: [KEY], scope: "orders" });

describe("cursors", () => {
  test("give back the position that they were made of", () => {
    fc.assert(
      fc.property(
        fc.record({
          id: fc.integer(),
          at: fc.string({ maxLength: 20 }),
          tags: fc.array(fc.boolean(), { maxLength: 3 }),
        }),
        (position) => {
          expect(orders.open(orders.seal(position))).toEqual(position);
          expect(orders.seal(position)).toMatch(/^[A-Za-z0-9_.-]+$/);
        },
      ),
    );
    expect(orders.open(orders.seal(null))).toBe(null);
    expect(orders.schema().parse(orders.seal(null))).toBe(null);
  });

  test("the longest position that can be sealed can be opened again", () => {
    const seal = (length: number): string | undefined => {
      try {
        return orders.seal("x".repeat(length));
      } catch {
        return undefined;
      }
    };
    let length = 2900;
    while (seal(length + 1) !== undefined) length++;
    const longest = seal(length) ?? "";
    expect(longest.length).toBe(4096);
    expect(orders.open(longest)).toBe("x".repeat(length));
    expect(() => orders.seal("x".repeat(length + 1))).toThrow("position must fit into a cursor of 4 KiB");
    expect(verdict(orders.schema(), `${longest}A`)).toBe("cursor");
  });

  test("every changed character is refused", () => {
    const cursor = orders.seal({ id: 42 });
    for (let i = 0; i < cursor.length; i++) {
      const changed = cursor.slice(0, i) + (cursor[i] === "A" ? "B" : "A") + cursor.slice(i + 1);
      expect(verdict(orders.schema(), changed), String(i)).toBe("cursor");
    }
  });

  test.each([
    "",
    ".",
    "a.b",
    "..",
    "a.b.c",
    `${orders.seal(1)}.`,
    `.${orders.seal(1)}`,
    `${orders.seal(1)}=`,
    ` ${orders.seal(1)}`,
    "x".repeat(5000),
    orders.seal(1).split(".")[0],
    "é.é",
  ])("refuses %j in one and the same way", (text) => {
    expect(verdict(orders.schema(), text)).toBe("cursor");
    expect(() => orders.open(text as string)).toThrow(expect.objectContaining({ code: "VALIDATION_FAILED" }));
  });

  test.each([undefined, null, 7, {}, ["a"]])("refuses %s, which is not a string", (value) => {
    expect(() => orders.open(value as never)).toThrow(expect.objectContaining({ code: "VALIDATION_FAILED" }));
  });

  test("one list's cursors are refused by another, and one key's by another's", () => {
    const cursor = orders.seal({ id: 1 });
    expect(verdict(createCursors({ keys: [KEY], scope: "users" }).schema(), cursor)).toBe("cursor");
    expect(verdict(createCursors({ keys: [OTHER], scope: "orders" }).schema(), cursor)).toBe("cursor");
  });

  test("the first key signs and all are tried, so that keys can be rotated", () => {
    const rotated = createCursors<number>({ keys: [secret(OTHER), KEY], scope: "orders" });
    expect(rotated.open(orders.seal(7))).toBe(7);
    expect(verdict(orders.schema(), rotated.seal(7))).toBe("cursor");
  });

  test("age when they have a time to live, on the clock that was given", async () => {
    const clock = manualClock();
    const cursors = createCursors<number>({ keys: [new TextEncoder().encode(KEY)], scope: "s", ttl: "10m", clock });
    const cursor = cursors.seal(1);
    await clock.advance("10m");
    expect(cursors.open(cursor)).toBe(1);
    await clock.advance("1ms");
    expect(verdict(cursors.schema(), cursor)).toBe("cursor");
    clock.jumpTo(0);
    expect(cursors.open(cursor)).toBe(1);
  });

  test.each([
    undefined,
    { a: undefined },
    new Date(),
    Number.NaN,
    { at: new Date() },
    () => 1,
    [[[[1]]]],
    JSON.parse('{"__proto__":1}'),
    "x".repeat(4096),
    1n,
    new Map(),
  ])("refuses to seal what would not come back as it is: %s", (position) =>
    expect(() => orders.seal(position)).toThrow(TypeError),
  );

  test("an error does not say what is wrong, and does not show the key", () => {
    let thrown: unknown;
    try {
      orders.open("abc.def");
    } catch (error) {
      thrown = error;
    }
    expect(isValidationError(thrown) && thrown.issues).toEqual([
      { path: "", code: "cursor", message: "must be a cursor that this service issued for this list" },
    ]);
    expect(() => createCursors({ keys: ["short-key"], scope: "s" })).toThrow(/at least 32 bytes; got 9 bytes/);
    expect(() => createCursors({ keys: KEY as never, scope: "s" })).toThrow(
      /an array of at least one key; got a string$/,
    );
  });

  test.each([
    {},
    { keys: [], scope: "s" },
    { keys: KEY, scope: "s" },
    { keys: [KEY] },
    { keys: [KEY], scope: "" },
    { keys: [7], scope: "s" },
    { keys: [KEY], scope: "s", ttl: -1 },
    { keys: [KEY], scope: "s", key: KEY },
  ])("refuses the options %j", (options) => expect(() => createCursors(options as never)).toThrow(TypeError));
});
