import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { defineErrors } from "./define-errors.ts";
import { decodeError, encodeError } from "./encode-error.ts";
import { isSeaworthyError, SeaworthyError } from "./error.ts";
import { toProblem } from "./problem.ts";

const errors = defineErrors({
  ENCODED: { status: 429, title: "Slow down", retryable: true, retryAfter: "3s", expose: ["limit"] },
});
const roundTrip = (error: unknown): Error => decodeError(encodeError(error));

describe("encodeError and decodeError", () => {
  test("keep code, status, message, retry verdict, exposure, context and stack", () => {
    const error = errors.ENCODED({ limit: 5, inner: "x" });
    const back = roundTrip(error) as SeaworthyError;
    expect(isSeaworthyError(back, "ENCODED")).toBe(true);
    expect(back).toMatchObject({
      status: 429,
      message: "Slow down",
      retryable: true,
      retryAfter: 3000,
      context: { limit: 5, inner: "x" },
    });
    expect(back.stack).toBe(error.stack);
    expect(toProblem(back)).toEqual(toProblem(error));
  });

  test("a code that this process never defined survives as such", () => {
    const text = encodeError(new SeaworthyError("FROM_ANOTHER_SERVICE", "m", { status: 418 })).replace(
      "FROM_ANOTHER",
      "OF_THE_FUTURE",
    );
    expect(isSeaworthyError(decodeError(text), "OF_THE_FUTURE_SERVICE")).toBe(true);
  });

  test("causes travel, ours and others'", () => {
    const back = roundTrip(new Error("outer", { cause: errors.ENCODED({}, { cause: new TypeError("socket") }) }));
    expect(back.message).toBe("outer");
    expect(isSeaworthyError(back)).toBe(false);
    expect(isSeaworthyError(back.cause, "ENCODED")).toBe(true);
    expect((back.cause as Error).cause).toMatchObject({ name: "TypeError", message: "socket" });
  });

  test("an error of Node comes back with name, message and code", () => {
    const back = roundTrip(Object.assign(new RangeError("no"), { code: "ERR_OUT_OF_RANGE" }));
    expect(back).toMatchObject({ name: "RangeError", message: "no", code: "ERR_OUT_OF_RANGE" });
  });

  test.each([
    "",
    "{",
    "null",
    "[]",
    '"x"',
    "{}",
    '{"v":2,"error":{"type":"E","message":"m"}}',
    '{"v":1,"error":{}}',
    '{"v":1,"error":{"type":"E","message":"m","seaworthy":true,"code":"bad code"}}',
    "x".repeat(2_000_000),
  ])("text that was not encoded is refused with a code and never quoted (case %#)", (text) => {
    expect(() => decodeError(text)).toThrow(expect.objectContaining({ code: "CORE_ERROR_UNDECODABLE" }));
  });

  test("text nested a hundred thousand deep neither overflows nor decodes", () => {
    const deep = `{"v":1,"error":${'{"type":"E","message":"m","cause":'.repeat(20_000)}null${"}".repeat(20_000)}}`;
    expect(decodeError(deep).message).toBe("m");
  });

  test("any JSON gives an Error or CORE_ERROR_UNDECODABLE", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        try {
          expect(decodeError(JSON.stringify({ v: 1, error: value }))).toBeInstanceOf(Error);
        } catch (error) {
          expect(isSeaworthyError(error, "CORE_ERROR_UNDECODABLE")).toBe(true);
        }
      }),
    );
  });
});

describe("an error that is too large for the format", () => {
  const wide = (depth: number): Error =>
    depth === 0
      ? new Error("x".repeat(8000))
      : new AggregateError(
          Array.from({ length: 10 }, () => wide(depth - 1)),
          "x".repeat(8000),
        );

  test("travels without the members that are not decoded", () => {
    const text = encodeError(errors.ENCODED({ limit: 5 }, { cause: wide(3) }));
    expect(text.length).toBeLessThanOrEqual(1_048_576);
    expect(decodeError(text)).toMatchObject({ code: "ENCODED", cause: { message: "x".repeat(8000) } });
  });

  test("keeps the codes and messages of a whole chain of unprintable text", () => {
    let error: Error = new Error("root");
    for (let i = 0; i < 10; i++) error = errors.ENCODED({}, { message: "\u0001".repeat(9000), cause: error });
    const text = encodeError(error);
    expect(text.length).toBeLessThanOrEqual(1_048_576);
    let depth = 0;
    for (let at: unknown = decodeError(text); isSeaworthyError(at, "ENCODED"); at = at.cause) depth++;
    expect(depth).toBe(10);
  });
});

test("the errors inside an AggregateError travel, ten of them, with their codes", () => {
  const first = new SeaworthyError("MIRROR_DOWN", "down", { status: 503, retryAfter: "2s" });
  const back = decodeError(encodeError(new AggregateError([first, new RangeError("far")], "all failed")));
  expect(back).toBeInstanceOf(AggregateError);
  const { errors: inner, message } = back as AggregateError;
  expect(message).toBe("all failed");
  expect(isSeaworthyError(inner[0], "MIRROR_DOWN") && inner[0].retryAfter).toBe(2000);
  expect([inner[1].name, inner[1].message]).toEqual(["RangeError", "far"]);
  const many = new AggregateError(Array.from({ length: 10_000 }, (_, index) => new Error(`e${index}`)));
  expect((decodeError(encodeError(many)) as AggregateError).errors).toHaveLength(10);
});
