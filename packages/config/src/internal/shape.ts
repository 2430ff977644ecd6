import { type Definition, definitionOf, type FieldMark, type FieldMeta, markOf, metaOf, type Schema } from "./zod.ts";

/** A schema without the wrappers that say what happens when the value is absent. */
export interface Unwrapped {
  /** The schema that decides what a value is. */
  readonly base: Schema;
  readonly definition: Definition;
  /** Set for the field types of this package. */
  readonly mark: FieldMark | undefined;
  readonly meta: FieldMeta;
  /** Whether a wrapper deals with absence: a default, or being optional. */
  readonly absentable: boolean;
  /** Reads the default; absent when there is none. */
  readonly fallback: (() => unknown) | undefined;
  /** Whether the output may be another value than the input. */
  readonly transforms: boolean;
}

const ABSENTABLE: ReadonlySet<string> = new Set(["optional", "default", "prefault", "catch"]);
const DEEPEST = 32;

/** Looks through defaults, optional, nullable, readonly, lazy and pipes. */
export function unwrap(schema: Schema): Unwrapped {
  let base = schema;
  let meta: FieldMeta = {};
  let mark: FieldMark | undefined;
  let absentable = false;
  let transforms = false;
  let fallback: (() => unknown) | undefined;
  for (let depth = 0; depth < DEEPEST; depth++) {
    meta = { ...metaOf(base), ...meta };
    mark ??= markOf(base);
    const definition = definitionOf(base);
    const inner =
      definition.innerType ??
      (definition.type === "lazy" ? definition.getter?.() : undefined) ??
      (definition.type === "pipe" && mark === undefined ? inputOf(definition) : null);
    if (!inner) break;
    absentable ||= ABSENTABLE.has(definition.type);
    transforms ||= definition.type === "pipe";
    if (definition.type === "default" || definition.type === "prefault") fallback ??= () => definition.defaultValue;
    base = inner;
  }
  return { base, definition: definitionOf(base), mark, meta, absentable, fallback, transforms };
}

// A pipe that begins with a transform (`z.preprocess`) takes whatever that function takes.
function inputOf(definition: Definition): Schema | undefined {
  return definition.in === undefined || definitionOf(definition.in).type === "transform" ? undefined : definition.in;
}

/** The members of an object or of an intersection of objects; undefined for anything else. */
export function shapeOf({ definition, mark }: Pick<Unwrapped, "definition" | "mark">): Map<string, Schema> | undefined {
  if (mark !== undefined) return undefined;
  if (definition.type === "object") return new Map(Object.entries(definition.shape ?? {}));
  if (definition.type !== "intersection") return undefined;
  const left = definition.left && shapeOf(unwrap(definition.left));
  const right = definition.right && shapeOf(unwrap(definition.right));
  return left && right && new Map([...left, ...right]);
}

/** Whether an object takes members that it does not name. */
export function isOpen({ definition }: Pick<Unwrapped, "definition">): boolean {
  if (definition.type === "intersection")
    return [definition.left, definition.right].some((side) => side !== undefined && isOpen(unwrap(side)));
  return definition.catchall !== undefined && definitionOf(definition.catchall).type !== "never";
}

/** Whether a secret may be anywhere in what the schema takes. */
export function holdsSecret(schema: Schema, depth = 0): boolean {
  if (depth > 8) return false;
  const { definition, mark, meta } = unwrap(schema);
  if (mark?.secret === "value" || meta.secret === true) return true;
  if (mark !== undefined) return false;
  return childrenOf(definition).some((child) => holdsSecret(child, depth + 1));
}

function childrenOf(definition: Definition): Schema[] {
  const { element, options, items, rest, keyType, valueType, left, right, catchall } = definition;
  const shape = definition.type === "object" ? Object.values(definition.shape ?? {}) : [];
  const single = [element, rest, keyType, valueType, left, right, catchall];
  return [...shape, ...(options ?? []), ...(items ?? []), ...single.filter((child) => child != null)];
}

const WORDS: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  bigint: "a whole number",
  date: "an ISO 8601 date",
  array: "a list",
  tuple: "a list",
  set: "a list",
  object: "an object",
  record: "an object",
  map: "an object",
  null: "null",
};

/** What a schema takes, in words. */
export function expectationOf(schema: Schema, depth = 0): string {
  const { definition, mark } = unwrap(schema);
  if (mark !== undefined) return mark.expected;
  const { type } = definition;
  if (type === "enum") return oneOf(Object.values(definition.entries ?? {}));
  if (type === "literal") return oneOf(definition.values ?? []);
  if (type === "union" && depth < 3)
    return [...new Set((definition.options ?? []).map((option) => expectationOf(option, depth + 1)))].join(" or ");
  return WORDS[type] ?? "a valid value";
}

function oneOf(values: readonly unknown[]): string {
  const shown = values.map((value) => (typeof value === "string" ? JSON.stringify(value) : String(value)));
  return shown.length === 1 ? (shown[0] as string) : `one of ${shown.join(", ")}`;
}
