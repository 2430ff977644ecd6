import { secret } from "@seaworthy/core";
import { type } from "arktype";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { isValidationError, type StandardSchema, type ValidationError, validate, validateAsync } from "../index.ts";

const VALUE = "hunter2-Secret";

function failureOf(schema: StandardSchema, input: unknown): ValidationError {
  try {
    validate(schema, input);
  } catch (error) {
    if (isValidationError(error)) return error;
    throw error;
  }
  throw new Error("the input was let through");
}

describe("an issue of a value as a whole", () => {
  test.each<[string, StandardSchema]>([
    ["zod", z.string().max(3)],
    ["valibot", v.pipe(v.string(), v.maxLength(3))],
    ["arktype", type("string < 4")],
    ["arktype's pattern", type("string.email")],
    ["arktype's union", type("'a'|'b'")],
  ])("points at the whole and quotes nothing of it, in %s", (_, schema) => {
    const error = failureOf(schema, VALUE);
    expect(error.issues.map(({ path }) => path)).toEqual([""]);
    expect(JSON.stringify(error.issues)).not.toMatch(/hunter2/i);
  });

  test("still tells what was expected", () => {
    expect(failureOf(type("string.email"), VALUE).issues[0]?.message).toBe("Expected an email address");
    expect(failureOf(type("number < 5"), 48151623).issues[0]?.message).toBe("Expected less than 5");
  });
});

describe("what a transform made of the input is not echoed", () => {
  const password = `{"password":"${VALUE}"}`;
  test.each<[string, StandardSchema, unknown]>([
    ["valibot's lower case", v.pipe(v.string(), v.toLowerCase(), v.picklist(["a"])), VALUE],
    ["valibot's JSON", v.pipe(v.string(), v.parseJson(), v.object({ password: v.picklist(["a"]) })), password],
    ["arktype's lower case", type("string.lower").to("'a'|'b'"), VALUE],
    ["arktype's blanks", type({ p: type("string.trim").to("string.email") }), { p: `  ${VALUE}` }],
    ["arktype's JSON", type("string.json.parse").to({ password: "string.email" }), password],
    [
      "an author's message in zod",
      z.object({
        p: z
          .string()
          .toLowerCase()
          .refine(() => false, { error: (issue) => `bad: ${issue.input}` }),
      }),
      { p: VALUE },
    ],
  ])("by %s", async (_, schema, input) => {
    expect(JSON.stringify(failureOf(schema, input).issues)).not.toMatch(/hunter2/i);
    const error = await validateAsync(schema, input).catch((thrown: unknown) => thrown);
    expect(isValidationError(error) && JSON.stringify(error.issues)).not.toMatch(/hunter2/i);
  });

  test("a number that was written with zeros in front", () => {
    const schema = v.pipe(v.string(), v.transform(Number), v.maxValue(5));
    expect(failureOf(schema, "0048151623").issues[0]?.message).toBe("Expected <=5");
  });

  test.each<[string, StandardSchema, unknown]>([
    ["valibot", v.object({ born: v.pipe(v.date(), v.maxValue(new Date(0))) }), { born: new Date("1985-12-10") }],
    ["arktype", type({ born: "Date < d'1970-01-01'" }), { born: new Date("1985-12-10") }],
    [
      "arktype, from text",
      type({ born: type("string.date.parse").to("Date < d'1970-01-01'") }),
      { born: "1985-12-10" },
    ],
  ])("nor is a date, by %s", (_, schema, input) => {
    const [issue] = failureOf(schema, input).issues;
    expect(issue?.path).toBe("/born");
    expect(issue?.message).toMatch(/^Expected /);
    expect(issue?.message).not.toContain("1985");
  });

  test("nor is another member, by a check of the whole that points at a part", () => {
    const schema = z.object({ password: z.string(), repeated: z.string() }).refine(() => false, {
      path: ["repeated"],
      error: (issue) => `differs from ${(issue.input as { password: string }).password}`,
    });
    expect(failureOf(schema, { password: VALUE, repeated: "x" }).issues).toEqual([
      { path: "/repeated", code: "custom", message: "is not valid" },
    ]);
  });

  test("and a message that does not quote it is left as it is", () => {
    const schema = z
      .object({ start: z.string(), end: z.string() })
      .refine(() => false, { path: ["end"], error: "must come after start" });
    expect(failureOf(schema, { start: "start", end: "x" }).issues).toEqual([
      { path: "/end", code: "custom", message: "must come after start" },
    ]);
  });
});

describe("the limits of an issue", () => {
  const names = z.record(z.string(), z.number());

  test("a pointer has 512 characters at most, its mark included, and a message 300", () => {
    for (const name of ["k".repeat(511), "k".repeat(512), "k".repeat(1_000_000), "~".repeat(511), "/".repeat(9999)])
      expect(failureOf(names, { [name]: "x" }).issues[0]?.path.length).toBeLessThanOrEqual(512);
    expect(failureOf(names, { ["k".repeat(511)]: "x" }).issues[0]?.path).toBe(`/${"k".repeat(511)}`);
    for (const length of [300, 301, 1_000_000]) {
      const message = failureOf(
        z.string().refine(() => false, "m".repeat(length)),
        "x",
      ).issues[0]?.message;
      expect(message?.length).toBeLessThanOrEqual(300);
    }
  });

  test("a living secret that the cut goes through leaves nothing of itself", () => {
    const key = secret("sk-live-4242424242-4242424242");
    const schema = z.string().refine(() => false, `${"m".repeat(290)} ${key.reveal()}`);
    expect(failureOf(schema, "x").issues[0]?.message).not.toContain("sk-live");
    expect(failureOf(names, { ["k".repeat(500) + key.reveal()]: "x" }).issues[0]?.path).not.toContain("sk-live");
  });

  test("a living secret is scrubbed from a pointer before it is escaped", () => {
    const key = secret("pass/word~4242424242");
    expect(failureOf(names, { [key.reveal()]: "x" }).issues[0]?.path).toBe("/[redacted]");
  });
});
