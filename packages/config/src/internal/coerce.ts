import { JsonFault, jsonValue, readJson } from "./json.ts";
import { expectationOf, shapeOf, type Unwrapped, unwrap } from "./shape.ts";
import { accepts, type Definition, type Refusal, type Schema, WHITE_SPACE } from "./zod.ts";

/** Called with each string that cannot be read as its type. */
export type OnRefusal = (path: readonly PropertyKey[], refusal: Refusal) => void;

const DECIMAL = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;
const INTEGER = /^-?(?:0|[1-9]\d*)$/;
const ISO_DATE = /^(\d{4}-\d\d-)(\d\d)(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d))?$/;
const BOOLEANS: ReadonlyMap<string, boolean> = new Map(
  Object.entries({ true: true, yes: true, on: true, "1": true, false: false, no: false, off: false, "0": false }),
);
const TEXTUAL: ReadonlySet<string> = new Set([
  "string",
  "enum",
  "literal",
  "template_literal",
  "any",
  "unknown",
  "custom",
]);

/** Reads `"true"`, `"yes"`, `"on"`, `"1"` and their opposites, in any case. Returns undefined for any other string. */
export function readBoolean(text: string): boolean | undefined {
  return BOOLEANS.get(text.toLowerCase());
}

/** Reads decimal digits without `+`, exponent, white space or leading zero. Returns NaN for any other string. */
export function readDecimal(text: string): number {
  if (text.length > 64 || !DECIMAL.test(text)) return Number.NaN;
  const number = Number(text);
  return INTEGER.test(text) && !Number.isSafeInteger(number) ? Number.NaN : number;
}

/** Reads what {@link readDecimal} reads, without a fraction. */
export function readInteger(text: string): number {
  return INTEGER.test(text) ? readDecimal(text) : Number.NaN;
}

// Schemas do not change once they are loaded with, and a watched configuration is loaded many times.
const known = new WeakMap<Schema, Unwrapped>();

function unwrapOnce(schema: Schema): Unwrapped {
  const found = known.get(schema) ?? unwrap(schema);
  known.set(schema, found);
  return found;
}

/** Whether the empty string can be a value of this schema. For other schemas it means that the value is missing. */
export function takesEmptyString(schema: Schema, depth = 0): boolean {
  const { definition, mark } = unwrapOnce(schema);
  if (mark !== undefined) return false;
  if (definition.type === "union" && depth < 8)
    return (definition.options ?? []).some((option) => takesEmptyString(option, depth + 1));
  return TEXTUAL.has(definition.type);
}

/** Returns `value` with each string in it read as the type that the schema has in its place. */
export function coerce(
  value: unknown,
  schema: Schema,
  onRefusal: OnRefusal,
  path: readonly PropertyKey[] = [],
): unknown {
  const unwrapped = unwrapOnce(schema);
  const { definition, mark } = unwrapped;
  if (mark !== undefined) return value;
  if (typeof value === "string") return coerceText(value, unwrapped, onRefusal, path);
  if (Array.isArray(value)) {
    const items = coerceItems(value, definition, onRefusal, path);
    return definition.type === "set" ? new Set(items) : items;
  }
  if (!isPlainObject(value)) return value;
  if (definition.type === "union") return coerceUnionOfObjects(value, definition, onRefusal, path);
  const members = coerceMembers(value, unwrapped, onRefusal, path);
  return definition.type === "map" ? new Map(Object.entries(members)) : members;
}

function coerceText(text: string, unwrapped: Unwrapped, onRefusal: OnRefusal, path: readonly PropertyKey[]): unknown {
  const { base, definition } = unwrapped;
  const read = READERS[definition.type];
  if (read !== undefined) {
    const value = read(text);
    if (value !== undefined) return value;
    onRefusal(path, { expected: expectationOf(base), ...hintFor(text) });
    return text;
  }
  switch (definition.type) {
    case "enum":
      return likeText(Object.values(definition.entries ?? {}), text);
    case "literal":
      return likeText(definition.values ?? [], text);
    case "union":
      return coerceUnion(text, definition, onRefusal, path);
    case "array":
    case "tuple":
    case "set":
    case "object":
    case "record":
    case "map":
      return coerceStructure(text, unwrapped, onRefusal, path);
    default:
      return text;
  }
}

const number = (text: string): number | undefined => {
  const value = readDecimal(text);
  return Number.isNaN(value) ? undefined : value;
};
const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  number,
  int: number,
  boolean: readBoolean,
  bigint: (text) => (INTEGER.test(text) && text.length <= 4096 ? BigInt(text) : undefined),
  date: readDate,
  null: (text) => (text === "null" ? null : undefined),
};

function readDate(text: string): Date | undefined {
  const [, month = "", day = ""] = ISO_DATE.exec(text) ?? [];
  // The parser reads February 30 as March 2.
  const last = new Date(`${month}01T00:00:00Z`);
  last.setUTCMonth(last.getUTCMonth() + 1, 0);
  return Number(day) <= last.getUTCDate() && !Number.isNaN(Date.parse(text)) ? new Date(text) : undefined;
}

function hintFor(text: string): { hint?: string } {
  return text.trim() === text ? {} : { hint: WHITE_SPACE };
}

function likeText(values: readonly unknown[], text: string): unknown {
  return values.includes(text) ? text : (values.find((value) => String(value) === text) ?? text);
}

function coerceUnion(
  text: string,
  definition: Definition,
  onRefusal: OnRefusal,
  path: readonly PropertyKey[],
): unknown {
  for (const option of definition.options ?? []) {
    let refused = false;
    const value = coerce(text, option, () => {
      refused = true;
    });
    if (!refused && accepts(option, value)) return value;
  }
  if (!/^\s*\{/.test(text)) return text;
  try {
    const parsed = jsonValue(readJson(text));
    return isPlainObject(parsed) ? coerceUnionOfObjects(parsed, definition, onRefusal, path) : text;
  } catch {
    return text;
  }
}

/**
 * Reads an object as the first member of a union that accepts it. If no member does, reads it as the one that its
 * discriminator names, so that the problems of that member are reported.
 */
function coerceUnionOfObjects(
  value: Readonly<Record<string, unknown>>,
  { options = [], discriminator }: Definition,
  onRefusal: OnRefusal,
  path: readonly PropertyKey[],
): unknown {
  for (const option of options) {
    let refused = false;
    const read = coerce(value, option, () => {
      refused = true;
    });
    if (!refused && accepts(option, read)) return read;
  }
  const kind = discriminator === undefined ? undefined : value[discriminator];
  const named = options.find((option) => {
    const literal = discriminator === undefined ? undefined : shapeOf(unwrap(option))?.get(discriminator);
    if (literal === undefined) return false;
    const read = coerce(kind, literal, () => undefined);
    return accepts(literal, read);
  });
  return named === undefined ? value : coerce(value, named, onRefusal, path);
}

function coerceStructure(
  text: string,
  { base: schema, definition }: Unwrapped,
  onRefusal: OnRefusal,
  path: readonly PropertyKey[],
): unknown {
  const isArray = definition.type === "array" || definition.type === "tuple" || definition.type === "set";
  const start = text.trimStart()[0];
  if (isArray && start !== "[") return coerce(splitList(text, ","), schema, onRefusal, path);
  try {
    const parsed = jsonValue(readJson(text));
    return typeof parsed === "string" ? parsed : coerce(parsed, schema, onRefusal, path);
  } catch (fault) {
    const place = fault instanceof JsonFault ? `, but there is ${fault.message} at column ${fault.column}` : "";
    onRefusal(path, { expected: `${expectationOf(schema)} as JSON${place}` });
    return text;
  }
}

/** Splits a string at its separators and removes the white space around each item. */
export function splitList(text: string, separator: string): string[] {
  return text.split(separator).map((item) => item.trim());
}

function coerceItems(
  items: readonly unknown[],
  definition: Definition,
  onRefusal: OnRefusal,
  path: readonly PropertyKey[],
): unknown[] {
  const schemaAt = (index: number): Schema | undefined =>
    definition.type === "array"
      ? definition.element
      : definition.type === "set"
        ? definition.valueType
        : (definition.items?.[index] ?? definition.rest ?? undefined);
  return items.map((item, index) => {
    const schema = schemaAt(index);
    return schema === undefined ? item : coerce(item, schema, onRefusal, [...path, index]);
  });
}

function coerceMembers(
  value: Readonly<Record<string, unknown>>,
  unwrapped: Unwrapped,
  onRefusal: OnRefusal,
  path: readonly PropertyKey[],
): Record<string, unknown> {
  const { definition } = unwrapped;
  const shape = shapeOf(unwrapped);
  const result: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    if (key === "__proto__") continue;
    const inner = shape?.get(key) ?? definition.valueType ?? definition.catchall;
    if (inner !== undefined && member === "" && !takesEmptyString(inner)) continue;
    result[key] = inner === undefined ? member : coerce(member, inner, onRefusal, [...path, key]);
  }
  return result;
}

/** Returns whether `value` is a plain object, as object literals and JSON create. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
