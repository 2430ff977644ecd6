import type { FieldMeta } from "./metadata.ts";
import { type Definition, definitionOf, type FieldMark, isSchema, markOf, metadataOf, type Schema } from "./zod.ts";

/** A schema without the wrappers that say what happens when the value is absent. */
export interface Unwrapped {
  /** The schema inside of all wrappers. */
  readonly base: Schema;
  readonly definition: Definition;
  /** Set for the field types of this package. */
  readonly mark: FieldMark | undefined;
  readonly meta: FieldMeta;
  /** Whether a wrapper handles a missing value: `.optional()`, a default or `.catch()`. */
  readonly absentable: boolean;
  /** Returns the default, if there is one. */
  readonly fallback: (() => unknown) | undefined;
  /** The schema that has the default, and whether the default is an input. */
  readonly defaulted: { readonly inner: Schema; readonly prefault: boolean } | undefined;
  /** Whether the output may be another value than the input. */
  readonly transforms: boolean;
}

const ABSENTABLE: ReadonlySet<string> = new Set(["optional", "default", "prefault", "catch"]);
const DEEPEST = 32;

/** Removes the wrappers: defaults, optional, nullable, readonly, lazy and pipes. */
export function unwrap(schema: Schema): Unwrapped {
  let base = schema;
  let meta: FieldMeta = {};
  let mark: FieldMark | undefined;
  let absentable = false;
  let transforms = false;
  let fallback: (() => unknown) | undefined;
  let defaulted: Unwrapped["defaulted"];
  for (let depth = 0; depth < DEEPEST; depth++) {
    meta = { ...metadataOf(base), ...meta };
    mark ??= markOf(base);
    const definition = definitionOf(base);
    const inner =
      definition.innerType ??
      (definition.type === "lazy" ? definition.getter?.() : undefined) ??
      (definition.type === "pipe" && mark === undefined ? inputOf(definition) : null);
    if (!inner) break;
    absentable ||= ABSENTABLE.has(definition.type);
    transforms ||= definition.type === "pipe";
    if (definition.type === "default" || definition.type === "prefault") {
      fallback ??= () => definition.defaultValue;
      defaulted ??= { inner, prefault: definition.type === "prefault" };
    }
    base = inner;
  }
  return { base, definition: definitionOf(base), mark, meta, absentable, fallback, defaulted, transforms };
}

// A pipe that begins with a transform (`z.preprocess`) accepts what that function accepts, which is unknown.
function inputOf(definition: Definition): Schema | undefined {
  return definition.in === undefined || definitionOf(definition.in).type === "transform" ? undefined : definition.in;
}

/** Returns the members of an object or of an intersection of objects, or undefined for anything else. */
export function shapeOf({ definition, mark }: Pick<Unwrapped, "definition" | "mark">): Map<string, Schema> | undefined {
  if (mark !== undefined) return undefined;
  if (definition.type === "object") return new Map(Object.entries(definition.shape ?? {}));
  if (definition.type !== "intersection") return undefined;
  const left = definition.left && shapeOf(unwrap(definition.left));
  const right = definition.right && shapeOf(unwrap(definition.right));
  return left && right && new Map([...left, ...right]);
}

/** Returns whether an object accepts members that it does not name. */
export function isOpen({ definition }: Pick<Unwrapped, "definition">): boolean {
  if (definition.type === "intersection")
    return [definition.left, definition.right].some((side) => side !== undefined && isOpen(unwrap(side)));
  return definition.catchall !== undefined && definitionOf(definition.catchall).type !== "never";
}

/** Returns whether variables may set parts of a value: a record or a union of objects. */
export function isStructured(schema: Schema, depth = 0): boolean {
  const { definition, mark } = unwrap(schema);
  if (mark !== undefined || depth > 8) return false;
  if (definition.type === "object" || definition.type === "record") return true;
  if (definition.type === "intersection")
    return [definition.left, definition.right].some((side) => side !== undefined && isStructured(side, depth + 1));
  return definition.type === "union" && (definition.options ?? []).some((option) => isStructured(option, depth + 1));
}

/** Returns every schema inside a definition. */
export function childrenOf(definition: Definition): Schema[] {
  const { type, innerType, element, options, items, rest, keyType, valueType, left, right, catchall } = definition;
  const shape = type === "object" ? Object.values(definition.shape ?? {}) : [];
  const parts = (definition.parts ?? []).filter(isSchema);
  const lazy = type === "lazy" ? definition.getter?.() : undefined;
  const single = [innerType, lazy, definition.in, definition.out, element, rest, keyType, valueType, left, right];
  return [
    ...shape,
    ...(options ?? []),
    ...(items ?? []),
    ...parts,
    ...[...single, catchall].filter((child) => child != null),
  ];
}

const WORDS: Readonly<Record<string, string>> = {
  string: "a string",
  number: "a number",
  int: "an integer",
  boolean: "a boolean",
  bigint: "an integer",
  date: "an ISO 8601 date",
  array: "an array",
  tuple: "an array",
  set: "an array",
  object: "an object",
  record: "an object",
  map: "an object",
  null: "null",
};

/** Describes what a schema accepts, in words. */
export function expectationOf(schema: Schema, depth = 0): string {
  const { definition, mark } = unwrap(schema);
  if (mark !== undefined) return mark.expected;
  const { type } = definition;
  // In `z.preprocess`, the schema after the function says what is expected.
  if (type === "pipe" && definition.out !== undefined && depth < 8) return expectationOf(definition.out, depth + 1);
  if (type === "enum") return oneOf(Object.values(definition.entries ?? {}));
  if (type === "literal") return oneOf(definition.values ?? []);
  if (type === "union" && depth < 3)
    return [...new Set((definition.options ?? []).map((option) => expectationOf(option, depth + 1)))].join(" or ");
  return WORDS[type] ?? "a valid value";
}

function oneOf(values: readonly unknown[]): string {
  const shown = values.map((value) => (typeof value === "string" ? JSON.stringify(value) : String(value)));
  return shown.length === 1 ? shown.join() : `one of ${shown.join(", ")}`;
}
