import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { defineErrors } from "./define-errors.ts";
import { isSeaworthyError, SeaworthyError } from "./error.ts";

const errors = defineErrors({
  ORDER_NOT_FOUND: { status: 404, title: "Order not found", expose: ["orderId"] },
  UPSTREAM_BUSY: { status: 503, title: "Upstream is busy", retryable: true, retryAfter: "2s" },
  SHED: { status: 503, title: "Shed", stackless: true },
});

describe("SeaworthyError", () => {
  test("has the documented defaults", () => {
    const error = new SeaworthyError("SOMETHING_BROKE", "It broke");
    expect(error).toMatchObject({
      code: "SOMETHING_BROKE",
      status: 500,
      retryable: false,
      expose: false,
      exposed: [],
      context: {},
    });
    expect("retryAfter" in error).toBe(false);
    expect("cause" in error).toBe(false);
    expect(error.name).toBe("SeaworthyError");
    expect(error).toBeInstanceOf(Error);
  });

  test("exposes itself below 500 unless told otherwise", () => {
    expect(new SeaworthyError("A", "m", { status: 404 }).expose).toBe(true);
    expect(new SeaworthyError("A", "m", { status: 404, expose: false }).expose).toBe(false);
  });

  test("shows its code in the first line of the stack and in inspection", () => {
    const error = new SeaworthyError("SOMETHING_BROKE", "It broke");
    expect(error.stack).toMatch(/^SeaworthyError \[SOMETHING_BROKE\]: It broke\n {4}at /);
    expect(inspect(error)).toContain("SOMETHING_BROKE");
  });

  test("a stack can be replaced, as tools that rewrite stacks do", () => {
    const error = new SeaworthyError("A", "m");
    error.stack = "other";
    expect(error.stack).toBe("other");
  });

  test.each(["", "lower", "1A", "A-B", "A B", "Ä", null, 5, "A".repeat(200)])("refuses the code %j", (code) => {
    expect(() => new SeaworthyError(code as string, "m")).toThrow(/^code must be a string in upper snake case/);
  });

  test.each([200, 399, 600, 404.5, Number.NaN, "404"])("refuses the status %s", (status) => {
    expect(() => new SeaworthyError("A", "m", { status: status as number })).toThrow(/^status must be/);
  });
});

describe("the options of SeaworthyError", () => {
  test("a retry is given as any duration and kept in milliseconds", () => {
    expect(new SeaworthyError("A", "m", { retryAfter: "1m30s" }).retryAfter).toBe(90_000);
    expect(errors.UPSTREAM_BUSY({}, { retryAfter: "5s" }).retryAfter).toBe(5000);
  });

  test.each([
    ["retryAfter", { retryAfter: -1 }],
    ["retryAfter", { retryAfter: Number.NaN }],
    ["expose", { expose: ["orderId"] }],
    ["exposed", { exposed: "orderId" }],
    ["retryable", { retryable: "yes" }],
    ["context", { context: null }],
    ["stackless", { stackless: 1 }],
    ["stauts", { stauts: 404 }],
  ])("a wrong or unknown %s is refused by its name", (name, options) => {
    expect(() => new SeaworthyError("A", "m", options as never)).toThrow(TypeError);
    expect(() => new SeaworthyError("A", "m", options as never)).toThrow(name);
  });
});

describe("defineErrors", () => {
  test("refuses definitions and options that are not objects", () => {
    expect(() => defineErrors(null as never)).toThrow("definitions must be an object; got null");
    expect(() => defineErrors({}, { onwer: "me" } as never)).toThrow('no option "onwer"');
  });

  test("makes errors of each code with context and cause", () => {
    const cause = new Error("socket");
    const error = errors.ORDER_NOT_FOUND({ orderId: 7 }, { cause });
    expect(error).toMatchObject({
      code: "ORDER_NOT_FOUND",
      status: 404,
      expose: true,
      exposed: ["orderId"],
      context: { orderId: 7 },
      cause,
    });
    expect(error.message).toBe("Order not found");
  });

  test("a factory's stack begins at its caller", () => {
    function caller(): SeaworthyError {
      return errors.ORDER_NOT_FOUND();
    }
    expect(caller().stack?.split("\n")[1]).toContain("caller");
  });

  test("turns retryAfter into milliseconds, and an occurrence may have its own", () => {
    expect(errors.UPSTREAM_BUSY().retryAfter).toBe(2000);
    expect(errors.UPSTREAM_BUSY({}, { retryAfter: 10, message: "Later" })).toMatchObject({
      retryAfter: 10,
      message: "Later",
      retryable: true,
    });
  });

  test("a stackless error has its first line and no frames", () => {
    expect(errors.SHED().stack).toBe("SeaworthyError [SHED]: Shed");
  });

  test("a code defined twice throws, and none of that call's codes is taken", () => {
    expect(() =>
      defineErrors({ FRESH_CODE: { title: "f" }, ORDER_NOT_FOUND: { status: 404, title: "Order not found" } }),
    ).toThrow(/ORDER_NOT_FOUND is already defined/);
    expect(defineErrors({ FRESH_CODE: { title: "f" } }).FRESH_CODE().code).toBe("FRESH_CODE");
  });

  test("the same owner may define the same again, and nothing else", () => {
    const definition = { OWNED_CODE: { title: "o", status: 409 } };
    defineErrors(definition, { owner: "pkg" });
    expect(() => defineErrors(definition, { owner: "pkg" })).not.toThrow();
    expect(() => defineErrors({ OWNED_CODE: { title: "other" } }, { owner: "pkg" })).toThrow(/already defined/);
    expect(() => defineErrors(definition, { owner: "other" })).toThrow(/already defined/);
  });

  test.each([
    [{ bad_code: { title: "t" } }, /code must be/],
    [{ NO_TITLE: { title: "" } }, /NO_TITLE: title/],
    [{ BAD_STATUS: { title: "t", status: 200 } }, /status must be/],
    [{ BAD_AFTER: { title: "t", retryAfter: "soon" } }, /BAD_AFTER: retryAfter must be/],
  ])("refuses the definition %j", (definition, message) => {
    expect(() => defineErrors(definition as never)).toThrow(message);
  });

  test("a factory knows its code and recognises its errors", () => {
    expect(errors.SHED.code).toBe("SHED");
    expect(errors.SHED.is(errors.SHED())).toBe(true);
    expect(errors.SHED.is(errors.UPSTREAM_BUSY())).toBe(false);
  });
});

describe("isSeaworthyError", () => {
  test("tells by brand and code", () => {
    const error = errors.ORDER_NOT_FOUND();
    expect(isSeaworthyError(error)).toBe(true);
    expect(isSeaworthyError(error, "ORDER_NOT_FOUND")).toBe(true);
    expect(isSeaworthyError(error, "SHED")).toBe(false);
    expect(isSeaworthyError(Object.assign(new Error("x"), { code: "ORDER_NOT_FOUND" }))).toBe(false);
  });

  test("recognises an error after a structured clone, with its code put back", () => {
    const clone = structuredClone(errors.ORDER_NOT_FOUND({ orderId: 7 }));
    expect(isSeaworthyError(clone, "ORDER_NOT_FOUND")).toBe(true);
    expect((clone as unknown as SeaworthyError).code).toBe("ORDER_NOT_FOUND");
    expect(isSeaworthyError(structuredClone(errors.SHED()), "SHED")).toBe(true);
  });

  test("a message that imitates the first line does not make a plain error ours", () => {
    expect(isSeaworthyError(new Error("SeaworthyError [ORDER_NOT_FOUND]: fake"))).toBe(false);
  });

  test.each([null, undefined, "x", 5, {}, () => 0])("is false for %s", (value) => {
    expect(isSeaworthyError(value)).toBe(false);
  });

  test("is false for a Proxy whose traps throw, and for a frozen clone", () => {
    const trap = (): never => {
      throw new Error("trap");
    };
    expect(isSeaworthyError(new Proxy({}, { get: trap, getPrototypeOf: trap }))).toBe(false);
    expect(isSeaworthyError(Object.freeze(structuredClone(errors.SHED())))).toBe(false);
  });
});

test.each<[string, unknown]>([
  ["expose", { title: "x", expose: "id" }],
  ["expose", { title: "x", expose: [5] }],
  ["retryable", { title: "x", retryable: "yes" }],
  ["stackless", { title: "x", stackless: 1 }],
  ["stauts", { title: "x", stauts: 404 }],
])("defineErrors refuses a wrong %s and takes no code then", (member, definition) => {
  const define = (): unknown => defineErrors({ REFUSED_CODE: definition as { title: string } });
  expect(define).toThrow(TypeError);
  expect(define).toThrow(member);
});
