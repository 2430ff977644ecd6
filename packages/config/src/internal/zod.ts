// The only file that imports the schema library.
import { withoutUndefined } from "@seaworthy/core/objects";
import * as z from "zod";
import { OWN_METADATA } from "./metadata.ts";
import { isDeepStrictEqual } from "./node-builtins.ts";

/**
 * A schema of zod 4, from `zod` or `zod/mini` and from any copy of it. It is described by its shape, because the types of
 * two minor versions of zod are not assignable to each other.
 */
export interface Schema<out Out = unknown, out In = unknown> {
  readonly _zod: { readonly output: Out; readonly input: In };
}

/** The output type of a schema. */
export type OutputOf<S extends Schema> = S["_zod"]["output"];

/** A field type of this package: a schema of zod whose default may also be written as an input, such as `"5s"`. */
export interface FieldSchema<out Out, out In> extends z.ZodType<Out, In> {
  /** Sets a default, which the field reads and checks. A refused default is a `TypeError` when the schema is used. */
  default(value: Out | In): z.ZodDefault<this>;
  default(value: () => Out | In): z.ZodDefault<this>;
}

/** What the loader must know about a field type in addition to zod. It is metadata, which survives `.refine()` and similar. */
export interface FieldMark {
  readonly kind: string;
  /** What the field accepts, in words. */
  readonly expected: string;
  /** `value`: the whole value is secret; `url`: the value is a URL that usually has a password. */
  readonly secret?: "value" | "url";
  /** Its JSON Schema. */
  readonly json: Readonly<Record<string, unknown>>;
  /** Returns an output as a string that gives the same output when it is read. @default String(value) */
  readonly toText?: (value: unknown) => string | undefined;
}

/** Why a field refuses a value. It must not contain the value. */
export interface Refusal {
  readonly expected: string;
  readonly hint?: string;
  readonly problem?: "weak";
}

/** An issue of zod, without the input. */
export interface SchemaIssue {
  readonly path: readonly PropertyKey[];
  readonly code: string;
  readonly message: string;
  readonly refusal?: Refusal;
}

/** The parts of a definition that this package reads, for all types of schemas. */
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
  /** Set for codecs, whose output may differ from their input. */
  readonly transform?: unknown;
}

/** The key of metadata that holds a {@link FieldMark}. */
export const MARK = "seaworthy";
/** The hint for a value with white space around it. */
export const WHITE_SPACE = "there is white space around the value";

// Its defaults are read by the field: `duration().default("5s")` is 5000. It has a constructor of its own because
// `.meta()` and `.refine()` clone, and a clone would lose an overridden method.
const FieldPipe = z.core.$constructor("SeaworthyField", (field: z.ZodPipe, definition: z.ZodPipe["_zod"]["def"]) => {
  const init: (field: z.ZodPipe, definition: never) => void = z.ZodPipe.init;
  init(field, definition as never);
  // As a function, because zod copies what looks like a plain object, and the copy of a `Secret` is not a secret.
  const withDefault = (value: unknown): Schema =>
    z.prefault(field, (typeof value === "function" ? value : () => value) as never);
  Object.defineProperty(field, "default", { value: withDefault, configurable: true, writable: true });
});

/** Returns a field. `parse` returns the output, or refuses with {@link refuse}. */
export function createField<Out, In>(mark: FieldMark, parse: (value: unknown) => Out | Refused): FieldSchema<Out, In> {
  const read = z.transform((value: unknown, context) => {
    const result = parse(value);
    if (!(result instanceof Refused)) return result;
    const padded = result.refusal.hint === undefined && typeof value === "string" && value !== value.trim();
    const refusal = padded ? { ...result.refusal, hint: WHITE_SPACE } : result.refusal;
    // The issue does not contain the input, because it may be a secret.
    context.issues.push({ code: "custom", input: undefined, message: refusal.expected, params: { [MARK]: refusal } });
    return z.NEVER;
  });
  return marked<Out, In>(z.unknown(), read, mark);
}

/** Returns a field that splits a string into an array and checks each item. */
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

/** Refuses a value in the `parse` function of a field. */
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

/** Returns whether `value` is a schema of zod 4. */
export function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && "_zod" in value && "safeParseAsync" in value;
}

export function definitionOf(schema: Schema): Definition {
  return (schema as z.ZodType)._zod.def as unknown as Definition;
}

/** Returns whether an object may lack this member. */
export function mayBeAbsent(schema: Schema): boolean {
  return (schema as z.ZodType)._zod.optin !== undefined;
}

/** Returns the metadata of a schema. It calls the schema's own method, because another copy of zod has another registry. */
export function metadataOf(schema: Schema): Readonly<Record<string, unknown>> {
  const { meta } = schema as { meta?: unknown };
  const own: unknown = typeof meta === "function" ? meta.call(schema) : z.globalRegistry.get(schema as z.ZodType);
  return (own as Record<string, unknown> | undefined) ?? NOTHING;
}

const NOTHING = {};

export function markOf(schema: Schema): FieldMark | undefined {
  return metadataOf(schema)[MARK] as FieldMark | undefined;
}

/** The output of a schema, or all of its issues. */
export type Validation = { readonly value: unknown } | { readonly issues: readonly SchemaIssue[] };

/** Checks a value. The checks of the schema may be asynchronous. */
export async function validate(schema: Schema, value: unknown): Promise<Validation> {
  try {
    return validationOf(await (schema as z.ZodType).safeParseAsync(value, { reportInput: false }));
  } catch (error) {
    return thrown(error);
  }
}

/**
 * Checks a value synchronously.
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

// The message of a foreign exception may contain a value, so only its name is shown.
function thrown(error: unknown): Validation {
  const message = `checks that do not throw; one threw ${error instanceof Error ? error.name : typeof error}`;
  return { issues: [{ path: [], code: "custom", message }] };
}

// Each copy of zod has its own classes, so `instanceof` cannot be used.
function isAsynchronous(error: unknown): boolean {
  return error instanceof Error && /^Encountered Promise during synchronous parse/.test(error.message);
}

function plainIssue(issue: z.core.$ZodIssue): SchemaIssue {
  const refusal = issue.code === "custom" ? (issue.params?.[MARK] as Refusal | undefined) : undefined;
  const { code, message, path } = issue;
  return withoutUndefined({ path, code, message, refusal });
}

/** Returns whether a schema accepts a value, for choosing between the members of a union. */
export function accepts(schema: Schema, value: unknown): boolean {
  try {
    return (schema as z.ZodType).safeParse(value).success;
  } catch {
    return false; // the check is asynchronous or threw, so it cannot decide here
  }
}

/** Returns the JSON Schema (draft 2020-12) of a file. `show` returns what may be shown of a default or an example. */
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
      // Zod leaves out the defaults of pipes, but each field of this package accepts its own output.
      const fallback = type === "default" || type === "prefault";
      if (fallback && innerType !== undefined && markOf(innerType) !== undefined) json.default = defaultValue;
      // A computed default differs each time and must not be written.
      if (fallback && !isDeepStrictEqual(defaultValue, definitionOf(inner).defaultValue)) delete json.default;
      for (const key of [MARK, ...OWN_METADATA, "_prefault"]) delete json[key];
      for (const key of ["default", "examples"].filter((name) => name in json)) {
        json[key] = show(json[key], inner, String(path.at(-1) ?? ""));
        if (json[key] === undefined) delete json[key];
      }
    },
  }) as Record<string, unknown>;
}
