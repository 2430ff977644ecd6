// The only file that imports the schema library.
import * as z from "zod";
import { isDeepStrictEqual } from "./node-builtins.ts";

/** A schema of zod 4. */
export type Schema<Out = unknown, In = unknown> = z.ZodType<Out, In>;
/** What a schema gives out. */
export type OutputOf<S extends Schema> = z.output<S>;

/** What the loader must know of a field type beyond what zod knows. It travels as metadata, so that it survives `.refine()`, `.default()` and the like. */
export interface FieldMark {
  readonly kind: string;
  /** What the field takes, in words. */
  readonly expected: string;
  /** `value`: all of it is secret; `url`: it is a URL that usually carries a password. */
  readonly secret?: "value" | "url";
  /** Its JSON Schema. */
  readonly json: Readonly<Record<string, unknown>>;
  /** An output as text that is read back as the same output; without it, `String(value)`. */
  readonly toText?: (value: unknown) => string | undefined;
}

/** Why a field refuses a value. It must not hold the value. */
export interface Refusal {
  readonly expected: string;
  readonly hint?: string;
  readonly problem?: "weak";
}

/** What `.meta()` may say about a field of a configuration. */
export interface FieldMeta {
  /** Name of the environment variable, in place of the one made from the path. */
  readonly env?: string;
  /** Whether the value is secret: `true` hides it everywhere, `false` shows one whose name looks like a credential's. */
  readonly secret?: boolean;
  readonly description?: string;
  /** Shown in templates; a secret equal to it is refused. */
  readonly example?: unknown;
}

/** A problem that zod found, with everything of the input left out. */
export interface SchemaIssue {
  readonly path: readonly PropertyKey[];
  readonly code: string;
  readonly message: string;
  readonly refusal?: Refusal;
}

/** The parts of a schema's definition that are looked at here, whatever its type. */
export interface Definition {
  readonly type: string;
  readonly innerType?: Schema;
  readonly getter?: () => Schema;
  readonly in?: Schema;
  readonly out?: Schema;
  readonly shape?: Readonly<Record<string, Schema>>;
  readonly catchall?: Schema;
  readonly element?: Schema;
  readonly options?: readonly Schema[];
  readonly entries?: Readonly<Record<string, string | number>>;
  readonly values?: readonly unknown[];
  readonly items?: readonly Schema[];
  readonly rest?: Schema | null;
  readonly keyType?: Schema;
  readonly valueType?: Schema;
  readonly left?: Schema;
  readonly right?: Schema;
  readonly defaultValue?: unknown;
}

const MARK = "seaworthy";

/** A field whose `parse` gives the output, or refuses with {@link refuse}. */
export function createField<Out, In>(mark: FieldMark, parse: (value: unknown) => Out | Refused): Schema<Out, In> {
  const field = z.unknown().transform((value, context) => {
    const result = parse(value);
    if (!(result instanceof Refused)) return result;
    // The input stays out of the issue: it may be a secret.
    const params = { [MARK]: result.refusal };
    context.issues.push({ code: "custom", input: undefined, message: result.refusal.expected, params });
    return z.NEVER;
  });
  return marked(field, mark) as unknown as Schema<Out, In>;
}

/** A field that turns text into a list and has each item checked by `item`. */
export function createList<Out>(
  mark: FieldMark,
  item: Schema<Out>,
  split: (value: unknown) => unknown[] | Refused,
  limits: { min?: number; max?: number },
): Schema<Out[], string | unknown[]> {
  let items = z.array(item);
  if (limits.min !== undefined) items = items.min(limits.min);
  if (limits.max !== undefined) items = items.max(limits.max);
  const splitter = createField<unknown[], unknown>(mark, split);
  return marked(splitter.pipe(items as Schema<Out[], unknown[]>), mark) as unknown as Schema<Out[], string | unknown[]>;
}

/** Refuses a value inside a field's `parse`. */
export function refuse(refusal: Refusal): Refused {
  return new Refused(refusal);
}

class Refused {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    this.refusal = refusal;
  }
}

export type { Refused };

function marked(schema: Schema, mark: FieldMark): Schema {
  return schema.meta({ [MARK]: mark });
}

/** Whether `value` is a schema of zod 4. */
export function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && "_zod" in value && "safeParseAsync" in value;
}

export function definitionOf(schema: Schema): Definition {
  return schema._zod.def as unknown as Definition;
}

/** Whether an object may lack this member. */
export function mayBeAbsent(schema: Schema): boolean {
  return schema._zod.optin !== undefined;
}

export function metaOf(schema: Schema): FieldMeta {
  return (z.globalRegistry.get(schema) ?? {}) as FieldMeta;
}

export function markOf(schema: Schema): FieldMark | undefined {
  return z.globalRegistry.get(schema)?.[MARK] as FieldMark | undefined;
}

/** What a schema makes of a value, or every problem that it has with it. */
export async function validate(
  schema: Schema,
  value: unknown,
): Promise<{ value: unknown } | { issues: readonly SchemaIssue[] }> {
  let result: Awaited<ReturnType<Schema["safeParseAsync"]>>;
  try {
    result = await schema.safeParseAsync(value, { reportInput: false });
  } catch (error) {
    // The text of a foreign exception may hold a value; only its kind is told.
    const message = `checks that do not throw; one threw ${error instanceof Error ? error.name : typeof error}`;
    return { issues: [{ path: [], code: "custom", message }] };
  }
  if (result.success) return { value: result.data };
  return { issues: result.error.issues.map(plainIssue) };
}

function plainIssue(issue: z.core.$ZodIssue): SchemaIssue {
  const refusal = issue.code === "custom" ? (issue.params?.[MARK] as Refusal | undefined) : undefined;
  const { code, message, path } = issue;
  return { path, code, message, ...(refusal === undefined ? undefined : { refusal }) };
}

/** Whether a schema takes a value, for choosing between the members of a union. */
export function accepts(schema: Schema, value: unknown): boolean {
  try {
    return schema.safeParse(value).success;
  } catch {
    return false; // asynchronous or throwing checks decide nothing here
  }
}

/** The JSON Schema (draft 2020-12) of what may be written in a file; `show` says what is told of a default. */
export function toJsonSchema(
  schema: Schema,
  show: (value: unknown, schema: Schema, key: string) => unknown,
): Record<string, unknown> {
  return z.toJSONSchema(schema, {
    io: "input",
    target: "draft-2020-12",
    unrepresentable: "any",
    reused: "inline",
    override: ({ zodSchema, jsonSchema, path }) => {
      const inner = zodSchema as unknown as Schema;
      const mark = markOf(inner);
      const json = jsonSchema as Record<string, unknown>;
      if (mark !== undefined) Object.assign(json, mark.json);
      const { type, innerType, defaultValue } = definitionOf(inner);
      // The library leaves out defaults of pipes, but each field of this package takes its own output.
      if (type === "default" && innerType !== undefined && markOf(innerType) !== undefined) json.default = defaultValue;
      // One that is computed differs each time, and says nothing.
      if (type === "default" && !isDeepStrictEqual(defaultValue, definitionOf(inner).defaultValue)) delete json.default;
      for (const key of [MARK, "env", "secret", "example", "_prefault"]) delete json[key];
      for (const key of ["default", "examples"].filter((name) => name in json)) {
        json[key] = show(json[key], inner, String(path.at(-1) ?? ""));
        if (json[key] === undefined) delete json[key];
      }
    },
  }) as Record<string, unknown>;
}
