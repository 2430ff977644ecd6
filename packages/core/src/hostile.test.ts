import { describe, expect, test } from "vitest";
import { defineErrors } from "./define-errors.ts";
import { describeError } from "./describe-error.ts";
import { decodeError, encodeError } from "./encode-error.ts";
import { SeaworthyError } from "./error.ts";
import { toProblem } from "./problem.ts";

const errors = defineErrors({ HOSTILE: { status: 404, title: "Not found", expose: ["id"] } });
const trap = (): never => {
  throw new Error("trap");
};
const revoked = (target: object): object => {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
};
const withMember = (name: string, descriptor: PropertyDescriptor): Error =>
  Object.defineProperty(errors.HOSTILE({ id: 1 }), name, descriptor);

describe.each<[string, unknown]>([
  ["whose context cannot be read", withMember("context", { get: trap })],
  ["whose context is null", withMember("context", { value: null })],
  ["whose list of exposed members cannot be read", withMember("exposed", { get: trap })],
  ["whose status and verdict cannot be read", new Proxy(errors.HOSTILE(), { get: (target, key) => (key === "status" || key === "expose" ? trap() : Reflect.get(target, key)) })], // biome-ignore format: a table
  ["that carries the brand and nothing else", Object.assign(new Error("x"), { [Symbol.for("seaworthy.error")]: true })],
  ["that is a plain object with the brand", { [Symbol.for("seaworthy.error")]: true }],
  ["that is a revoked Proxy", revoked(new Error("x"))],
  ["whose nested errors are a revoked Proxy", Object.assign(new Error("x"), { errors: revoked([]) })],
  [
    "whose nested errors are a Proxy that throws",
    Object.assign(new Error("x"), { errors: new Proxy([], { get: trap }) }),
  ],
])("an error %s", (_, error) => {
  test("is described, encoded and turned into a problem without an exception", () => {
    expect(describeError(error).type).toEqual(expect.any(String));
    expect(decodeError(encodeError(error))).toBeInstanceOf(Error);
    expect(toProblem(error).status).toBeGreaterThanOrEqual(400);
  });
});

test("one nested error that cannot be read does not cost the others", () => {
  const nested = Object.defineProperty([new Error("a"), new Error("b")], 0, { get: trap });
  expect(describeError(new AggregateError([], "x", {})).errors).toEqual([]);
  expect(describeError(Object.assign(new Error("x"), { errors: nested })).errors).toMatchObject([{}, { message: "b" }]);
});

test("a message that cannot be turned into text does not switch off the stacks of all later errors", () => {
  const limit = Error.stackTraceLimit;
  expect(() => new SeaworthyError("HOSTILE", { toString: trap } as unknown as string)).toThrow("trap");
  expect(Error.stackTraceLimit).toBe(limit);
});
