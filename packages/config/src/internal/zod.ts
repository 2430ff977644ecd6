// The only file that imports the schema library.
import * as z from "zod";
import { OWN_METADATA } from "./metadata.ts";
import { isDeepStrictEqual } from "./node-builtins.ts";

/**
 * A schema of zod 4: of `zod` or `zod/mini`, and of any copy of it. It is described by its shape, since the types of two
 * minor versions of zod are not assignable to each other.
 */
export interface Schema<out Out = unknown, out In = unknown> {
  readonly _zod: { readonly output: Out; readonly input: In };
}

/** What a schema gives out. */
export type OutputOf<S extends Schema> = S["_zod"]["output"];

/** A field type of this package: a schema of zod whose default may be written as its input, such as `"5s"`. */
export interface FieldSchema<out Out, out In> extends z.ZodType<Out, In> {
  /** A default is read through the field, and so is checked: a refused one is a `TypeError` when the schema is used. */
  default(value: Out | In): z.ZodDefault<this>;
  default(value: () => Out | In): z.ZodDefault<this>;
}

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
  readonly parts?: readonly unknown[];
  readonly discriminator?: string;
  /** Set for codecs, whose output need not look like their input. */
  readonly transform?: unknown;
}

/** The key of metadata that holds a {@link FieldMark}. */
export const MARK = "seaworthy";

// Its defaults are read through the field: `duration().default("5s")` is 5000. A constructor of its own keeps that
// through `.meta()` and `.refine()`, which clone.
const FieldPipe = z.core.$constructor("SeaworthyField", (field: z.ZodPipe, definition: z.ZodPipe["_zod"]["def"]) => {
  const init: (field: z.ZodPipe, definition: never) => void = z.ZodPipe.init;
  init(field, definition as never);
  // Behind a function, since the library would copy what looks like a plain object, and a `Secret` is not its copy.
  const withDefault = (value: unknown): Schema =>
    z.prefault(field, (typeof value === "function" ? value : () => value) as never);
  Object.defineProperty(field, "default", { value: withDefault, configurable: true, writable: true });
});

/** A field whose `parse` gives the output, or refuses with {@link refuse}. */
export function createField<Out, In>(mark: FieldMark, parse: (value: unknown) => Out | Refused): FieldSchema<Out, In> {
  const read = z.transform((value: unknown, context) => {
    const result = parse(value);
    if (!(result instanceof Refused)) return result;
    const blanks = result.refusal.hint === undefined && typeof value === "string" && value !== value.trim();
    const refusal = blanks ? { ...result.refusal, hint: "there are blanks around the value" } : result.refusal;
    // The input stays out of the issue: it may be a secret.
    context.issues.push({ code: "custom", input: undefined, message: refusal.expected, params: { [MARK]: refusal } });
    return z.NEVER;
  });
  return marked<Out, In>(z.unknown(), read, mark);
}

/** A field that turns text into a list and has each item checked by `item`. */
export function createList<Out>(
  mark: FieldMark,
  item: Schema<Out>,
  split: (value: unknown) => unknown[] | Refused,
  limits: { min?: number; max?: number },
): FieldSchema<Out[], string | unknown[]> {
  let items = z.array(item as z.ZodType<Out>);
  if (limits.min !== undefined) items = items.min(limits.min);
  if (limits.max !== undefined) items = items.max(limits.max);
  const splitter = createField<unknown[], unknown>(mark, split);
  return marked<Out[], string | unknown[]>(splitter, items, mark);
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

function marked<Out, In>(from: z.ZodType, to: z.ZodType, mark: FieldMark): FieldSchema<Out, In> {
  const field = new FieldPipe({ type: "pipe", in: from, out: to } as never);
  z.globalRegistry.add(field, { [MARK]: mark });
  return field as unknown as FieldSchema<Out, In>;
}

/** Whether `value` is a schema of zod 4. */
export function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && "_zod" in value && "safeParseAsync" in value;
}

export function definitionOf(schema: Schema): Definition {
  return (schema as z.ZodType)._zod.def as unknown as Definition;
}

/** Whether an object may lack this member. */
export function mayBeAbsent(schema: Schema): boolean {
  return (schema as z.ZodType)._zod.optin !== undefined;
}

/** The metadata of a schema, which the schema itself is asked for: another copy of zod may have another registry. */
export function metadataOf(schema: Schema): Readonly<Record<string, unknown>> {
  const { meta } = schema as { meta?: unknown };
  const own: unknown = typeof meta === "function" ? meta.call(schema) : z.globalRegistry.get(schema as z.ZodType);
  return (own as Record<string, unknown> | undefined) ?? NOTHING;
}

const NOTHING = {};

export function markOf(schema: Schema): FieldMark | undefined {
  return metadataOf(schema)[MARK] as FieldMark | undefined;
}

/** What a schema makes of a value, or every problem that it has with it. */
export type Validation = { readonly value: unknown } | { readonly issues: readonly SchemaIssue[] };

/** Checks a value; the checks of the schema may be asynchronous. */
export async function validate(schema: Schema, value: unknown): Promise<Validation> {
  try {
    return validationOf(await (schema as z.ZodType).safeParseAsync(value, { reportInput: false }));
  } catch (error) {
    return thrown(error);
  }
}

/**
 * Checks a value at once.
 *
 * @throws TypeError if a check or a transform of the schema is asynchronous
 */
export function validateSync(schema: Schema, value: unknown): Validation {
  try {
    return validationOf((schema as z.ZodType).safeParse(value, { reportInput: false }));
  } catch (error) {
    if (!isAsynchronous(error)) return thrown(error);
    throw new TypeError("schema must not have an asynchronous check or transform here; use loadConfig");
  }
}

function validationOf(result: z.ZodSafeParseResult<unknown>): Validation {
  return result.success ? { value: result.data } : { issues: result.error.issues.map(plainIssue) };
}

// The text of a foreign exception may hold a value; only its kind is told.
function thrown(error: unknown): Validation {
  const message = `checks that do not throw; one threw ${error instanceof Error ? error.name : typeof error}`;
  return { issues: [{ path: [], code: "custom", message }] };
}

// Copies of zod have classes of their own, so that `instanceof` would not do.
function isAsynchronous(error: unknown): boolean {
  return error instanceof Error && /^Encountered Promise during synchronous parse/.test(error.message);
}

function plainIssue(issue: z.core.$ZodIssue): SchemaIssue {
  const refusal = issue.code === "custom" ? (issue.params?.[MARK] as Refusal | undefined) : undefined;
  const { code, message, path } = issue;
  return { path, code, message, ...(refusal === undefined ? undefined : { refusal }) };
}

/** Whether a schema takes a value, for choosing between the members of a union. */
export function accepts(schema: Schema, value: unknown): boolean {
  try {
    return (schema as z.ZodType).safeParse(value).success;
  } catch {
    return false; // asynchronous or throwing checks decide nothing here
  }
}

/** The JSON Schema (draft 2020-12) of what may be written in a file; `show` says what is told of a default. */
export function toJsonSchema(
  schema: Schema,
  show: (value: unknown, schema: Schema, key: string) => unknown,
): Record<string, unknown> {
  return z.toJSONSchema(schema as z.ZodType, {
    metadata: { get: metadataOf } as unknown as typeof z.globalRegistry,
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
      const fallback = type === "default" || type === "prefault";
      if (fallback && innerType !== undefined && markOf(innerType) !== undefined) json.default = defaultValue;
      // One that is computed differs each time, and says nothing.
      if (fallback && !isDeepStrictEqual(defaultValue, definitionOf(inner).defaultValue)) delete json.default;
      for (const key of [MARK, ...OWN_METADATA, "_prefault"]) delete json[key];
      for (const key of ["default", "examples"].filter((name) => name in json)) {
        json[key] = show(json[key], inner, String(path.at(-1) ?? ""));
        if (json[key] === undefined) delete json[key];
      }
    },
  }) as Record<string, unknown>;
}
