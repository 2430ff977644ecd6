import { describe, expect, test } from "vitest";
import { defineErrors } from "./define-errors.ts";
import { describeError, type ErrorRecord } from "./describe-error.ts";
import { secret } from "./secret.ts";

const errors = defineErrors({ DESCRIBED: { status: 409, title: "Described", retryable: true } });

const depthOf = (record: ErrorRecord): number => (record.cause === undefined ? 0 : 1 + depthOf(record.cause));

describe("describeError", () => {
  test("tells type, message and stack of an ordinary error", () => {
    const record = describeError(new RangeError("too far"));
    expect(record).toMatchObject({ type: "RangeError", message: "too far" });
    expect(record.stack).toContain("describe-error.test.ts");
  });

  test("tells a subclass by its constructor where the name was never set", () => {
    class DomainError extends Error {}
    expect(describeError(new DomainError("x")).type).toBe("DomainError");
  });

  test("tells code, status, retry verdict and context of one of ours", () => {
    expect(describeError(errors.DESCRIBED({ orderId: 7, password: "p" }))).toMatchObject({
      code: "DESCRIBED",
      status: 409,
      retryable: true,
      context: { orderId: 7, password: "[redacted]" },
    });
  });

  test("keeps Node's own facts and other members", () => {
    const error = Object.assign(new Error("connect"), {
      code: "ECONNREFUSED",
      errno: -111,
      syscall: "connect",
      token: "t",
    });
    expect(describeError(error)).toMatchObject({
      code: "ECONNREFUSED",
      errno: -111,
      syscall: "connect",
      token: "[redacted]",
    });
  });

  test("keeps the members of other libraries' errors that Seaworthy's errors have too", () => {
    const members = {
      status: 429,
      context: { orderId: 7 },
      retryable: true,
      retryAfter: 30,
      expose: true,
      exposed: ["orderId"],
      request: { method: "GET", apiKey: "k" },
    };
    const record = describeError(Object.assign(new Error("too many requests"), members));
    expect(record).toMatchObject({ ...members, request: { method: "GET", apiKey: "[redacted]" } });
    expect(describeError(errors.DESCRIBED({ orderId: 7 }, { retryAfter: "30s" }))).toMatchObject({
      retryAfter: 30_000,
    });
  });

  test("renames a member that would hide one of its own, and leaves out what JSON leaves out", () => {
    const odd = Object.assign(new Error("card declined"), {
      type: "StripeCardError",
      type_: "kept",
      truncated: true,
      code: { nested: 1 },
      undefined: undefined,
      toJSON: () => "nothing",
    });
    Object.defineProperty(odd, "__proto__", { value: "own", enumerable: true });
    const { stack: _, ...record } = describeError(odd);
    expect(record).toEqual(
      JSON.parse(
        '{"type":"Error","message":"card declined","type__":"StripeCardError","type_":"kept","truncated_":true,"code_":{"nested":1},"__proto__":"own"}',
      ),
    );
  });

  test("keeps members that the class has put on its prototype, and describes errors among the members", () => {
    class HttpError extends Error {}
    Object.assign(HttpError.prototype, { statusCode: 502 });
    const inner = Object.assign(new TypeError("inner"), { errno: 3 });
    const record = describeError(Object.assign(new HttpError("bad gateway"), { original: inner }));
    expect(record).toMatchObject({ statusCode: 502, original: { type: "TypeError", message: "inner", errno: 3 } });
    const self = Object.assign(new Error("self"), { self: undefined as unknown });
    self.self = self;
    expect(describeError(self).self).toBe("Error: self");
  });

  test("keeps a list called errors that holds no errors", () => {
    const issues = [{ path: "email", rule: "format" }];
    expect(describeError(Object.assign(new Error("invalid"), { errors: issues })).errors).toEqual(issues);
    const byField = { email: { message: "is missing" } };
    expect(describeError(Object.assign(new Error("invalid"), { errors: byField }))).toMatchObject({ errors: byField });
  });

  test("marks members beyond fifty", () => {
    const record = describeError(
      Object.assign(new Error("x"), Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`m${i}`, i]))),
    );
    expect(record).toMatchObject({ m0: 0, m49: 49, "…": "[10 more]" });
    expect(record).not.toHaveProperty("m50");
  });

  test("blanks out by the caller's rule", () => {
    const error = Object.assign(new Error("x", { cause: Object.assign(new Error("y"), { token: 1, mine: 2 }) }), {
      token: 3,
    });
    expect(describeError(error, { redact: (key) => key === "mine" })).toMatchObject({
      token: 3,
      cause: { token: 1, mine: "[redacted]" },
    });
  });

  test("follows causes ten deep of a thousand and says that it stopped", () => {
    let error = new Error("bottom");
    for (let i = 0; i < 1000; i++) error = new Error(`level ${i}`, { cause: error });
    const record = describeError(error);
    expect(depthOf(record)).toBe(10);
    expect(JSON.stringify(record)).toContain('"truncated":"depth"');
  });

  test("stops where a chain of causes comes back to itself", () => {
    const a = new Error("a");
    const b = new Error("b", { cause: a });
    a.cause = b;
    expect(describeError(a)).toMatchObject({ message: "a", cause: { message: "b", truncated: "cycle" } });
  });

  test("shows ten of ten thousand aggregated errors and counts the rest", () => {
    const record = describeError(
      new AggregateError(
        Array.from({ length: 10_000 }, (_, i) => new Error(`e${i}`)),
        "all failed",
      ),
    );
    expect(record.errors).toHaveLength(10);
    expect(record.omitted).toBe(9990);
  });

  test("stays small for aggregates of aggregates", () => {
    let error: Error = new Error("leaf");
    for (let i = 0; i < 10; i++) error = new AggregateError(Array(20).fill(error), `level ${i}`);
    expect(JSON.stringify(describeError(error)).length).toBeLessThan(300_000);
  });

  test.each([
    ["text", "boom", { type: "string", message: "boom" }],
    ["null", null, { type: "null", message: "null" }],
    ["undefined", undefined, { type: "undefined", message: "[undefined]" }],
    ["a number", 42, { type: "number", message: "42" }],
    ["a symbol", Symbol("s"), { type: "symbol", message: "[symbol]" }],
    ["plain data", { a: 1 }, { type: "object", context: { a: 1 } }],
  ])("describes a thrown value that is not an error: %s", (_what, value, expected) => {
    expect(describeError(value)).toMatchObject(expected);
  });

  test("survives getters that throw and Proxies that refuse everything", () => {
    const trap = (): never => {
      throw new Error("trap");
    };
    const hostile = new Error("x");
    for (const key of ["message", "stack", "cause", "name", "code", "errors", "extra"])
      Object.defineProperty(hostile, key, { get: trap, enumerable: true });
    expect(() => JSON.stringify(describeError(hostile))).not.toThrow();
    const proxy = new Proxy(new Error("x"), { get: trap, getPrototypeOf: trap, ownKeys: trap, has: trap });
    expect(typeof describeError(proxy).type).toBe("string");
    expect(describeError(new Proxy({}, { getPrototypeOf: trap })).type).toBe("object");
  });

  test("survives members that are not strings", () => {
    const odd = Object.assign(new Error("x"), { name: 5, code: {}, cause: "text", errors: "none" });
    Object.defineProperty(odd, "message", { value: { a: 1 } });
    expect(describeError(odd)).toMatchObject({
      type: "Error",
      message: '{"a":1}',
      cause: { type: "string", message: "text" },
    });
  });

  test("cuts a message of five megabytes", () => {
    expect(describeError(new Error("x".repeat(5_000_000))).message.length).toBeLessThan(8300);
  });

  test("blanks the values of secrets out of messages, stacks, causes and members", () => {
    const held = secret("hunter2-hunter2");
    const cause = Object.assign(new Error("inner hunter2-hunter2"), { url: "https://u:hunter2-hunter2@h/" });
    const text = JSON.stringify(describeError(new Error("outer hunter2-hunter2", { cause })));
    expect(text).not.toContain("hunter2");
    expect(held.reveal()).toHaveLength(15);
  });

  test("blanks the password out of a URL in a message, a stack and a cause, whether or not it was wrapped", () => {
    const url = "postgres://app:pa55-w:rd@db-7:5432/orders";
    const error = new Error(`cannot reach ${url}`, {
      cause: new Error(`tried redis://:s3cr3t@cache:6379/0 and ${url}`),
    });
    const written = JSON.stringify(describeError(error));
    expect(written).not.toMatch(/pa55|s3cr3t/);
    expect(written).toContain("postgres://app:[redacted]@db-7:5432/orders");
    expect(describeError(new Error("see https://docs.test:8080/a@b")).message).toBe("see https://docs.test:8080/a@b");
  });
});
