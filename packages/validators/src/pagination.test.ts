import fc from "fast-check";
import { describe, expect, expectTypeOf, test } from "vitest";
import * as z from "zod";
import { verdict } from "../test/refusals.ts";
import { pagination } from "./index.ts";

const page = pagination({ status: ["open", "done"] });

describe("pagination", () => {
  test("has defaults for all that is absent", () => {
    expect(page.parse({})).toEqual({ skip: 0, limit: 50 });
    expect(pagination({ maxLimit: 20 }).parse({})).toEqual({ skip: 0, limit: 20 });
    expect(pagination({ defaultLimit: 7 }).parse({ skip: undefined })).toEqual({ skip: 0, limit: 7 });
  });

  test("accepts strings and integers, from an object or URLSearchParams", () => {
    expect(page.parse({ skip: "10", limit: "1000", status: "open" })).toEqual({
      skip: 10,
      limit: 1000,
      status: "open",
    });
    expect(page.parse({ skip: 10, limit: 5 })).toEqual({ skip: 10, limit: 5 });
    expect(page.parse(new URLSearchParams("skip=3&status=done&sort=name"))).toEqual({
      skip: 3,
      limit: 50,
      status: "done",
    });
    expect(page.parse(Object.assign(Object.create(null), { limit: "2" }))).toEqual({ skip: 0, limit: 2 });
  });

  test.each([
    "1e3",
    "0x10",
    "0b1",
    "0o7",
    "01",
    "+5",
    "-5",
    "5.0",
    " 5",
    "5 ",
    "",
    "5,0",
    "1_000",
    "٣",
    "１",
    "NaN",
    "Infinity",
    "5\n",
    "9".repeat(17),
  ])("refuses the number %j", (text) => {
    expect(verdict(page, { limit: text })).toBe("not_a_number@limit");
    expect(verdict(page, { skip: text })).toBe("not_a_number@skip");
  });

  test.each([1.5, -1, Number.NaN, Number.POSITIVE_INFINITY, null, true, {}, 5n])(
    "refuses %s in place of a number",
    (value) => {
      expect(verdict(page, { skip: value })).not.toBe("ok");
    },
  );

  test("refuses a parameter given twice, also when it is the same", () => {
    expect(verdict(page, { limit: ["5", "6"] })).toBe("repeated@limit");
    expect(verdict(page, { skip: ["5", "5"] })).toBe("repeated@skip");
    expect(verdict(page, { status: ["open"] })).toBe("repeated@status");
    expect(verdict(page, new URLSearchParams("limit=5&limit=5"))).toBe("repeated@limit");
    // An empty array is what some parsers make of "limit[]".
    expect(page.parse({ limit: [] })).toEqual({ skip: 0, limit: 50 });
  });

  test("keeps limit within 1 and the maximum, which is never over 1000, and skip within its own", () => {
    expect(page.parse({ skip: "0", limit: "1" })).toEqual({ skip: 0, limit: 1 });
    expect(pagination({ maxLimit: 1 }).parse({})).toEqual({ skip: 0, limit: 1 });
    expect(pagination({ maxLimit: 10, defaultLimit: 10, maxSkip: 0 }).parse({ skip: 0 })).toEqual({
      skip: 0,
      limit: 10,
    });
    expect(verdict(pagination({ maxSkip: 0 }), { skip: 1 })).toBe("too_big@skip");
    expect(verdict(page, { limit: "0" })).toBe("too_small@limit");
    expect(verdict(page, { limit: "1001" })).toBe("too_big@limit");
    expect(verdict(pagination({ maxLimit: 10 }), { limit: "11" })).toBe("too_big@limit");
    expect(verdict(page, { skip: "1000000" })).toBe("ok");
    expect(verdict(page, { skip: "1000001" })).toBe("too_big@skip");
    expect(() => pagination({ maxLimit: 1001 })).toThrow(/maxLimit must be an integer from 1 to 1000/);
  });

  test("refuses a status that is not in the list, and ignores it when there is no list", () => {
    expect(verdict(page, { status: "gone" })).toBe("unknown_status@status");
    expect(verdict(page, { status: "OPEN" })).toBe("unknown_status@status");
    expect(verdict(page, { status: "" })).toBe("unknown_status@status");
    expect(pagination().parse({ status: "gone" })).toEqual({ skip: 0, limit: 50 });
  });

  test("looks at own members only", () => {
    expect(page.parse(Object.create({ limit: "7" }))).toEqual({ skip: 0, limit: 50 });
  });

  test.each([undefined, null, "limit=5", 5, [["limit", "5"]]])("refuses %j, which is not a query", (query) =>
    expect(verdict(page, query)).toBe("invalid_type"),
  );

  test("takes a number exactly when its plain spelling is the text", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.integer().map(String), fc.double().map(String)), (text) => {
        const value = Number(text);
        const plain = String(value) === text && Number.isInteger(value) && value >= 1 && value <= 1000;
        expect(verdict(page, { limit: text }) === "ok").toBe(plain);
      }),
    );
  });

  test("knows its type and its JSON Schema", () => {
    expectTypeOf(page.parse({}).status).toEqualTypeOf<"open" | "done" | undefined>();
    expect(z.toJSONSchema(page, { io: "input" })).toMatchObject({
      properties: { limit: { maximum: 1000, default: 50 }, status: { enum: ["open", "done"] } },
    });
  });

  test.each([
    { maxLimit: 0 },
    { defaultLimit: 51, maxLimit: 50 },
    { defaultLimit: 0 },
    { maxSkip: -1 },
    { status: [] },
    { status: ["open", 1] },
    { status: "open" },
    { limit: 5 },
  ])("refuses the options %j", (options) => expect(() => pagination(options as never)).toThrow(TypeError));
});
