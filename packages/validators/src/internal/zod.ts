// The only file that imports the schema library.
import * as z from "zod";
import { Refused } from "./refusal.ts";

/** A schema of zod 4, and so a Standard Schema: it composes in `z.object` and is taken by whatever takes either. */
export type Schema<Out = unknown, In = Out> = z.ZodType<Out, In>;

interface Payload {
  value: unknown;
  issues: z.core.$ZodRawIssue[];
}

/** A schema for text whose `parse` gives the text to let through or refuses. What is no text is refused before. */
export function textSchema(parse: (text: string) => string | Refused): Schema<string> {
  // A check, not a transform: it keeps the schema a string's, also in JSON Schema.
  return z.string().check((payload) => {
    payload.value = settle(parse(payload.value), payload as Payload) as string;
  });
}

/**
 * A schema for text whose `parse` gives what the text stands for, or refuses. What is no text is refused before.
 *
 * @param json - the JSON Schema of what comes out
 */
export function convertedText<Out>(
  parse: (text: string) => Out | Refused,
  json: Readonly<Record<string, unknown>>,
): Schema<Out, string> {
  const converted = z.string().transform((text, context) => settle(parse(text), context as unknown as Payload));
  // A transform has no JSON Schema, and would make that of every object that holds it fail.
  return converted.pipe(z.unknown().meta({ ...json })) as unknown as Schema<Out, string>;
}

/**
 * A schema for any value whose `parse` gives the output or refuses.
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
  // As metadata it survives .describe(), .optional() and the like.
  return schema.meta({ ...json }) as unknown as Schema<Out, In>;
}

function settle(result: unknown, payload: Payload): unknown {
  if (!(result instanceof Refused)) return result;
  const { code, message, path } = result;
  // The input stays out of the issue: it may be a secret.
  payload.issues.push({ code: "custom", message, params: { code }, path: [...path], input: undefined });
  return z.NEVER;
}

/** What `validate` needs of a problem that zod found. */
export interface PlainIssue {
  readonly path: readonly PropertyKey[];
  readonly code: string;
  readonly message: string;
  readonly expected?: string;
  /** What the check saw, which must not reach anybody. */
  readonly input: unknown;
}

/** What a schema made of a value, or the first problems and how many there were in all. */
export type Outcome =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly issues: readonly PlainIssue[]; readonly total: number };

const own = z.core.version;
// A schema is worth compiling on its second use: one that is made anew for each request never gets there.
const compiled = new WeakMap<object, Schema | undefined>();

/** Whether `schema` is one of the very version of zod that this package runs, whose internals it may use. */
export function isOwnSchema(schema: unknown): schema is Schema {
  const version = (schema as { _zod?: { version?: typeof own } } | null)?._zod?.version;
  return version?.major === own.major && version.minor === own.minor && version.patch === own.patch;
}

/** Runs a schema in its compiled form where it has one, and words at most `most` of the problems. */
export function run(schema: Schema, input: unknown, most: number): Outcome {
  const context = { async: false };
  const result = fastest(schema)._zod.run({ value: input, issues: [] }, context);
  if (result instanceof Promise) {
    result.catch(() => undefined);
    throw new z.core.$ZodAsyncError();
  }
  return outcomeOf(result, context, most);
}

/** As {@link run}, for schemas with asynchronous checks, which have no compiled form. */
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

/** Whether a schema that was run synchronously turned out to need a promise. */
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
    // Compiling generates code, which a host may have forbidden; and it hands back what it cannot compile.
    // Versions before 4.5 have no compiler.
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
