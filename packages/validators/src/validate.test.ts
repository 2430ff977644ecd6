import { isSeaworthyError, secret, toProblem } from "@seaworthy/core";
import { captureTelemetry } from "@seaworthy/core/testing";
import { type } from "arktype";
import fc from "fast-check";
import * as v from "valibot";
import { describe, expect, expectTypeOf, test } from "vitest";
import * as z from "zod";
import { isValidationError, type StandardSchema, text, ValidationError, validate, validateAsync } from "./index.ts";

function failureOf(schema: StandardSchema, input: unknown): ValidationError {
  try {
    validate(schema, input);
  } catch (error) {
    if (isValidationError(error)) return error;
    throw error;
  }
  throw new Error("it was let through");
}

const LIBRARIES: [string, StandardSchema<{ items: { qty: number }[] }>][] = [
  ["zod", z.object({ items: z.array(z.object({ qty: z.number().min(1) })) })],
  ["valibot", v.object({ items: v.array(v.object({ qty: v.pipe(v.number(), v.minValue(1)) })) })],
  ["arktype", type({ items: type({ qty: "number >= 1" }).array() })],
];

describe("validate takes any Standard Schema", () => {
  test.each(LIBRARIES)("%s: gives out what the schema makes of the input, first use and later ones", (_, schema) => {
    for (let use = 0; use < 4; use++)
      expect(validate(schema, { items: [{ qty: 2 }] })).toEqual({ items: [{ qty: 2 }] });
  });

  test.each(LIBRARIES)("%s: points at each problem with a JSON pointer, first use and later ones", (vendor, schema) => {
    for (let use = 0; use < 4; use++) {
      const { issues } = failureOf(schema, { items: [{ qty: 2 }, { qty: "two" }, { qty: 0 }] });
      expect(
        issues.map(({ path }) => path),
        vendor,
      ).toEqual(["/items/1/qty", "/items/2/qty"]);
      for (const issue of issues) {
        expect(issue.code).toMatch(/^[\w.-]+$/);
        expect(issue.code).not.toBe("invalid");
        expect(issue.message).not.toBe("");
      }
    }
  });

  test("the type of the result is the schema's output", () => {
    expectTypeOf(validate(z.object({ n: z.string().transform(Number) }), { n: "1" })).toEqualTypeOf<{ n: number }>();
    expectTypeOf(validate(v.object({ n: v.number() }), { n: 1 })).toEqualTypeOf<{ n: number }>();
    expectTypeOf(validate(type({ n: "number" }), { n: 1 })).toEqualTypeOf<{ n: number }>();
  });

  test.each([undefined, null, {}, "schema", { "~standard": {} }, () => true])(
    "refuses %s, which is not a schema",
    (schema) => {
      expect(() => validate(schema as never, 1)).toThrow(TypeError);
    },
  );
});

describe("a validation error", () => {
  const schema = z.object({ email: z.string(), age: z.number() });

  test("has code VALIDATION_FAILED, status 422, and recognizable issues", () => {
    const error = failureOf(schema, { email: 1, age: "x" });
    expect(error).toMatchObject({
      code: "VALIDATION_FAILED",
      status: 422,
      name: "ValidationError",
      omitted: 0,
      retryable: false,
    });
    expect(isSeaworthyError(error, "VALIDATION_FAILED")).toBe(true);
    expect(error.issues).toEqual([
      { path: "/email", code: "invalid_type", message: "Invalid input: expected string, received number" },
      { path: "/age", code: "invalid_type", message: "Invalid input: expected number, received string" },
    ]);
    expect(Object.isFrozen(error.issues) && Object.isFrozen(error.issues[0])).toBe(true);
  });

  test("becomes a 422 problem document with its issues, and nothing else of the input", () => {
    const problem = toProblem(failureOf(schema, { email: "ada@example.com", age: "4242" }), { instance: "/users" });
    expect(problem).toEqual({
      type: "about:blank",
      title: "The input is not valid",
      status: 422,
      code: "VALIDATION_FAILED",
      instance: "/users",
      issues: [{ path: "/age", code: "invalid_type", message: "Invalid input: expected number, received string" }],
    });
  });

  test("keeps 100 issues, says how many it left out, and a problem document shows all 100", () => {
    for (const numbers of [z.array(z.number()), v.array(v.number())]) {
      const error = failureOf(numbers, Array(10_000).fill("x"));
      expect(error.issues).toHaveLength(100);
      expect(error.omitted).toBe(9_900);
      const problem = toProblem(error);
      expect(problem.issues).toHaveLength(100);
      expect((problem.issues as { path: string }[]).at(-1)?.path).toBe("/99");
      expect(problem.omitted).toBe(9_900);
    }
  });

  test("escapes names in pointers (RFC 6901), and points at the whole with an empty one", () => {
    const odd = z.object({ "a/b": z.object({ "c~d": z.string(), "": z.string() }) });
    expect(failureOf(odd, { "a/b": {} }).issues.map(({ path }) => path)).toEqual(["/a~1b/c~0d", "/a~1b/"]);
    expect(failureOf(schema, 7).issues[0]?.path).toBe("");
    expect(failureOf(z.record(z.string(), z.number()), JSON.parse('{"__proto__":1,"x":"y"}')).issues[0]?.path).toBe(
      "/x",
    );
  });

  test("a pointer or message of any length is cut", () => {
    const error = failureOf(z.record(z.string(), z.number()), { ["k".repeat(1_000_000)]: "x" });
    expect(JSON.stringify(error.issues).length).toBeLessThan(2000);
    const strict = failureOf(z.strictObject({}), { ["k".repeat(1_000_000)]: 1 });
    expect(JSON.stringify(strict.issues).length).toBeLessThan(2000);
  });

  test("can be distinguished from errors that only look like it", () => {
    expect(isValidationError(new ValidationError([]))).toBe(true);
    for (const other of [new Error("x"), { code: "VALIDATION_FAILED", issues: [] }, null])
      expect(isValidationError(other)).toBe(false);
  });
});

describe("no value of the input is echoed", () => {
  const VALUE = "hunter2-Secret";
  const all = (error: ValidationError): string =>
    JSON.stringify([toProblem(error), error.message, error.issues, error.context, String(error.stack)]);

  test.each<[string, StandardSchema, unknown]>([
    ["valibot's regex", v.object({ password: v.pipe(v.string(), v.regex(/^z/)) }), { password: VALUE }],
    ["valibot's type", v.object({ password: v.number() }), { password: VALUE }],
    ["valibot's picklist", v.object({ role: v.picklist(["a", "b"]) }), { role: VALUE }],
    ["arktype's pattern", type({ email: "string.email" }), { email: VALUE }],
    ["arktype's union", type({ role: "'a'|'b'" }), { role: VALUE }],
    ["arktype's nested union", type({ deep: { role: "'a'|'b'" } }), { deep: { role: VALUE } }],
    [
      "an author's message in zod",
      z.object({ p: z.string().refine(() => false, { error: (issue) => `bad: ${issue.input}` }) }),
      { p: VALUE },
    ],
    [
      "an author's message about the whole",
      z.object({ p: z.string() }).refine(() => false, { error: (issue) => `bad: ${JSON.stringify(issue.input)}` }),
      { p: VALUE },
    ],
    ["a value with escapes", v.object({ p: v.number() }), { p: `${VALUE}"\n` }],
    ["a value that is cut", v.object({ p: v.number() }), { p: VALUE.repeat(1000) }],
    ["this package's own", z.object({ p: text({ bytes: 3 }) }), { p: VALUE }],
  ])("by %s", (_, schema, input) => {
    const error = failureOf(schema, input);
    expect(all(error)).not.toContain("hunter2");
    expect(error.issues[0]?.message).not.toBe("");
  });

  test("a number is not echoed either", () => {
    expect(all(failureOf(v.object({ pin: v.pipe(v.number(), v.maxValue(10)) }), { pin: 48151623 }))).not.toContain(
      "48151623",
    );
  });

  test("what was expected is still told", () => {
    expect(failureOf(v.object({ p: v.number() }), { p: VALUE }).issues[0]?.message).toBe("Expected number");
    expect(failureOf(type({ e: "string.email" }), { e: VALUE }).issues[0]?.message).toBe("Expected an email address");
  });

  test("a message of the author's own that quotes nothing is left as it is", () => {
    expect(failureOf(v.object({ p: v.string("Give a name") }), { p: 4711 }).issues[0]?.message).toBe("Give a name");
  });

  test("a living secret is scrubbed from a message and a path", () => {
    const key = secret("sk-live-4242424242");
    const schema = z.record(z.string(), z.never({ error: `not ${key.reveal()}` }));
    expect(all(failureOf(schema, { [key.reveal()]: 1 }))).not.toContain("sk-live-4242424242");
  });
});

describe("hostile input", () => {
  test("nesting that walks a recursive schema off the stack is the input's fault, not a crash", () => {
    let deep: unknown = 1;
    for (let i = 0; i < 50_000; i++) deep = [deep];
    const tree: z.ZodType = z.lazy(() => z.union([z.number(), z.array(tree)]));
    for (const schema of [z.json(), tree]) {
      for (let use = 0; use < 3; use++)
        expect(failureOf(schema, deep).issues).toEqual([
          { path: "", code: "too_deep", message: "is nested too deeply" },
        ]);
    }
  });

  test("a getter that throws while the issue is worded does not hide the issue", () => {
    const schema: StandardSchema = {
      "~standard": {
        version: 1,
        vendor: "own",
        validate: () => ({ issues: [{ message: "no", path: ["a", { key: "b" }, Symbol("c")] }] }),
      },
    };
    const input = Object.defineProperty({}, "a", {
      get: () => {
        throw new Error("boom");
      },
      enumerable: true,
    });
    expect(failureOf(schema, input).issues).toEqual([{ path: "/a/b/Symbol(c)", code: "invalid", message: "no" }]);
  });

  test("what a schema's own code throws is thrown as it is", () => {
    const boom = new Error("boom");
    const schema = z.string().refine(() => {
      throw boom;
    });
    for (let use = 0; use < 3; use++) expect(() => validate(schema, "x")).toThrow(boom);
  });

  test("malformed issues of a foreign library become usable ones", () => {
    const schema = (issues: unknown): StandardSchema => ({
      "~standard": { version: 1, vendor: "own", validate: () => ({ issues }) as never },
    });
    expect(failureOf(schema([{ message: "", path: [{}, null, 1] }]), {}).issues).toEqual([
      { path: "/?/?/1", code: "invalid", message: "is not valid" },
    ]);
    expect(failureOf(schema([{ message: "no", code: "SPACED OUT ", type: "kind" }]), {}).issues[0]?.code).toBe("kind");
  });

  test("any input at all ends in a value or in a validation error", () => {
    const schema = z.object({
      a: z.array(z.object({ b: z.number() })).optional(),
      c: z.record(z.string(), z.boolean()).optional(),
    });
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true, withObjectString: true, withTypedArray: true }), (input) => {
        try {
          validate(schema, input);
        } catch (error) {
          expect(isValidationError(error)).toBe(true);
          expect(() => JSON.stringify(toProblem(error))).not.toThrow();
        }
      }),
    );
  });
});

describe("zod's compiled form", () => {
  test("is used from the second use on, and gives the same values and issues", () => {
    const made = (): z.ZodType => z.object({ n: z.string().trim().transform(Number), list: z.array(z.int()).max(3) });
    const [once, often] = [made(), made()];
    for (let use = 0; use < 5; use++) validate(often, { n: "1", list: [] });
    fc.assert(
      fc.property(
        fc.record({ n: fc.oneof(fc.string(), fc.integer()), list: fc.array(fc.double(), { maxLength: 5 }) }),
        (input) => {
          const plain = once.safeParse(input);
          let value: unknown;
          try {
            value = validate(often, input);
          } catch (error) {
            value = (error as ValidationError).issues.map(({ path, code }) => `${path} ${code}`);
          }
          const issues = plain.error?.issues.map(({ path, code }) => `/${path.join("/")} ${code}`);
          expect(value).toEqual(plain.success ? plain.data : issues);
        },
      ),
    );
  });

  test("is not made if the configuration of zod forbids generated code", () => {
    const before = z.config().jitless;
    const make = globalThis.Function;
    let generated = 0;
    globalThis.Function = new Proxy(make, {
      construct: (target, args) => {
        generated++;
        return Reflect.construct(target, args);
      },
    });
    try {
      z.config({ jitless: true });
      const schema = z.object({ a: z.string() });
      for (let use = 0; use < 4; use++) expect(validate(schema, { a: "x" })).toEqual({ a: "x" });
    } finally {
      globalThis.Function = make;
      z.config({ jitless: before });
    }
    expect(generated).toBe(0);
  });
});

describe("asynchronous schemas", () => {
  const slow = z.string().refine(async (name) => name !== "taken");

  test("are refused by validate with a hint, leaving no unhandled rejection", async () => {
    for (const schema of [
      slow,
      v.pipeAsync(
        v.string(),
        v.checkAsync(async () => {
          throw new Error("late");
        }),
      ),
    ])
      for (let use = 0; use < 3; use++) expect(() => validate(schema, "free")).toThrow(/use validateAsync/);
    await new Promise<void>((resolve) => setImmediate(resolve));
  });

  test("are taken by validateAsync, and so are the others", async () => {
    expect(await validateAsync(slow, "free")).toBe("free");
    await expect(validateAsync(slow, "taken")).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      issues: [{ path: "" }],
    });
    expect(await validateAsync(type("number"), 7)).toBe(7);
    await expect(validateAsync({} as never, 1)).rejects.toThrow(TypeError);
    let deep: unknown = 1;
    for (let i = 0; i < 50_000; i++) deep = [deep];
    await expect(validateAsync(z.json(), deep)).rejects.toMatchObject({ issues: [{ code: "too_deep" }] });
  });
});

describe("telemetry", () => {
  test("a refused input emits one event with the library and a count, and an accepted one emits none", () => {
    using telemetry = captureTelemetry();
    validate(z.string(), "x");
    failureOf(z.array(z.number()), ["a", "b"]);
    expect(telemetry.events.map(({ name, labels, details }) => ({ name, labels, details }))).toEqual([
      { name: "validators.rejected", labels: { vendor: "zod" }, details: { issues: 2 } },
    ]);
  });
});
