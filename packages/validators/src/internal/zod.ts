// The only file that imports the schema library.

import { readMember } from "@seaworthy/core/objects";
import * as z from "zod";
import { Refused } from "./refusal.ts";

/** A schema of zod 4, which is also a Standard Schema. It can be a member of `z.object`. */
export type Schema<Out = unknown, In = Out> = z.ZodType<Out, In>;

interface Payload {
  value: unknown;
  issues: z.core.$ZodRawIssue[];
}

/** A schema for strings. `parse` returns the output or refuses; it is called with strings only. */
export function textSchema(parse: (text: string) => string | Refused): Schema<string> {
  // A check and not a transform, so that the schema stays one for strings, also in JSON Schema.
  return z.string().check((payload) => {
    payload.value = settle(parse(payload.value), payload as Payload) as string;
  });
}

/**
 * A schema for strings whose output has another type. `parse` returns the output or refuses; it is called with strings
 * only.
 *
 * @param json - the JSON Schema of the output
 */
export function convertedText<Out>(
  parse: (text: string) => Out | Refused,
  json: Readonly<Record<string, unknown>>,
): Schema<Out, string> {
  const converted = z.string().transform((text, context) => settle(parse(text), context as unknown as Payload));
  // A transform has no JSON Schema, so the JSON Schema of every object with such a member would fail.
  return converted.pipe(z.unknown().meta({ ...json })) as unknown as Schema<Out, string>;
}

/**
 * A schema for values of any type. `parse` returns the output or refuses.
 *
 * @param json - its JSON Schema
 */
export function valueSchema<Out, In = Out>(
  parse: (value: unknown) => Out | Refused,
  json: Readonly<Record<string, unknown>>,
): Schema<Out, In> {
  const schema = z.unknown().check((payload) => {
    payload.value = settle(parse(payload.value), payload as Payload);
  });
  // Metadata survives .describe(), .optional() and similar methods.
  return schema.meta({ ...json }) as unknown as Schema<Out, In>;
}

function settle(result: unknown, payload: Payload): unknown {
  if (!(result instanceof Refused)) return result;
  const { code, message, path } = result;
  // The input stays out of the issue: it may be a secret.
  payload.issues.push({ code: "custom", message, params: { code }, path: [...path], input: undefined });
  return z.NEVER;
}

/** The parts of an issue of zod that `validate` needs. */
export interface PlainIssue {
  readonly path: readonly PropertyKey[];
  readonly code: string;
  readonly message: string;
  readonly expected?: string;
  /** The value that the check saw. It must not be shown. */
  readonly input: unknown;
}

/** The output of a schema, or its first issues and the number of all issues. */
export type Outcome =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly issues: readonly PlainIssue[]; readonly total: number };

const own = z.core.version;
// A schema is compiled on its second use, because a schema that is created for each request is never used twice.
const compiled = new WeakMap<object, Schema | undefined>();

/** Returns whether `schema` belongs to the same version of zod that this package imports, whose internals it may use. */
export function isOwnSchema(schema: unknown): schema is Schema {
  const version = readMember(readMember(schema, "_zod"), "version");
  return (["major", "minor", "patch"] as const).every((part) => readMember(version, part) === own[part]);
}

/** Runs a schema, in its compiled form if it has one, and returns at most `most` of its issues. */
export function run(schema: Schema, input: unknown, most: number): Outcome {
  const context = { async: false };
  const result = fastest(schema)._zod.run({ value: input, issues: [] }, context);
  if (result instanceof Promise) {
    result.catch(() => undefined);
    throw new z.core.$ZodAsyncError();
  }
  return outcomeOf(result, context, most);
}

/** Does what {@link run} does, for schemas with asynchronous checks, which have no compiled form. */
export async function runAsync(schema: Schema, input: unknown, most: number): Promise<Outcome> {
  const context = { async: true };
  return outcomeOf(await schema._zod.run({ value: input, issues: [] }, context), context, most);
}

function outcomeOf({ issues, value }: Payload, context: { async: boolean }, most: number): Outcome {
  if (issues.length === 0) return { ok: true, value };
  const worded = issues
    .slice(0, most)
    .map((issue) => plain(z.core.util.finalizeIssue(issue, context, z.core.config()), issue.input));
  return { ok: false, issues: worded, total: issues.length };
}

/** Returns whether an error says that a schema needs to be run asynchronously. */
export function isAsyncError(error: unknown): boolean {
  return error instanceof z.core.$ZodAsyncError;
}

function fastest(schema: Schema): Schema {
  if (!compiled.has(schema)) {
    compiled.set(schema, undefined);
    return schema;
  }
  let fast = compiled.get(schema);
  if (fast === undefined) {
    // Compiling generates code, which the host may have forbidden. A schema that cannot be compiled is returned as it is.
    // Versions before 4.5 do not have a compiler.
    const mayCompile = typeof z.compile === "function" && z.core.config().jitless !== true;
    fast = mayCompile ? z.compile(schema) : schema;
    compiled.set(schema, fast);
  }
  return fast;
}

function plain(issue: z.core.$ZodIssue, input: unknown): PlainIssue {
  const named: unknown = issue.code === "custom" ? issue.params?.code : undefined;
  const expected = issue.code === "invalid_type" ? { expected: issue.expected } : undefined;
  return {
    path: issue.path,
    code: typeof named === "string" ? named : issue.code,
    message: issue.message,
    input,
    ...expected,
  };
}
