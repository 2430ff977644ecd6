import { JsonFault, jsonValue, readJson } from "./json.ts";
import { expectationOf, shapeOf, unwrap } from "./shape.ts";
import { accepts, type Definition, type Refusal, type Schema } from "./zod.ts";

/** Told of each text that cannot be read as its type. */
export type OnRefusal = (path: readonly PropertyKey[], refusal: Refusal) => void;

const DECIMAL = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;
const WHOLE = /^-?(?:0|[1-9]\d*)$/;
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

/** `"true"`, `"yes"`, `"on"`, `"1"` and their opposites, in any case; undefined for any other text. */
export function readBoolean(text: string): boolean | undefined {
  return BOOLEANS.get(text.toLowerCase());
}

/** Plain decimal digits only: no sign `+`, exponent, hexadecimal, blank or leading zero. NaN for any other text. */
export function readDecimal(text: string): number {
  if (text.length > 64 || !DECIMAL.test(text)) return Number.NaN;
  const number = Number(text);
  return WHOLE.test(text) && !Number.isSafeInteger(number) ? Number.NaN : number;
}

/** As {@link readDecimal}, without a fraction. */
export function readWhole(text: string): number {
  return WHOLE.test(text) ? readDecimal(text) : Number.NaN;
}

/** Whether empty text can be a value of this schema; everywhere else it means that there is none. */
export function takesEmptyText(schema: Schema, depth = 0): boolean {
  const { definition, mark } = unwrap(schema);
  if (mark !== undefined) return false;
  if (definition.type === "union" && depth < 8)
    return (definition.options ?? []).some((option) => takesEmptyText(option, depth + 1));
  return TEXTUAL.has(definition.type);
}

/** `value` with each text in it read as the type that the schema has in its place. */
export function coerce(
  value: unknown,
  schema: Schema,
  onRefusal: OnRefusal,
  path: readonly PropertyKey[] = [],
): unknown {
  const { base, definition, mark } = unwrap(schema);
  if (mark !== undefined) return value;
  if (typeof value === "string") return coerceText(value, base, definition, onRefusal, path);
  if (Array.isArray(value)) {
    const items = coerceItems(value, definition, onRefusal, path);
    return definition.type === "set" ? new Set(items) : items;
  }
  if (!isPlainObject(value)) return value;
  if (definition.type === "union") return coerceUnionOfObjects(value, definition, onRefusal, path);
  const members = coerceMembers(value, base, definition, onRefusal, path);
  return definition.type === "map" ? new Map(Object.entries(members)) : members;
}

function coerceText(
  text: string,
  schema: Schema,
  definition: Definition,
  onRefusal: OnRefusal,
  path: readonly PropertyKey[],
): unknown {
  const read = READERS[definition.type];
  if (read !== undefined) {
    const value = read(text);
    if (value !== undefined) return value;
    onRefusal(path, { expected: expectationOf(schema), ...hintFor(text) });
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
      return coerceStructure(text, schema, definition, onRefusal, path);
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
  bigint: (text) => (WHOLE.test(text) && text.length <= 4096 ? BigInt(text) : undefined),
  date: readDate,
  null: (text) => (text === "null" ? null : undefined),
};

function readDate(text: string): Date | undefined {
  const [, month = "", day = ""] = ISO_DATE.exec(text) ?? [];
  // The parser would make March 1 of February 30.
  const last = new Date(`${month}01T00:00:00Z`);
  last.setUTCMonth(last.getUTCMonth() + 1, 0);
  return Number(day) <= last.getUTCDate() && !Number.isNaN(Date.parse(text)) ? new Date(text) : undefined;
}

function hintFor(text: string): { hint?: string } {
  return text.trim() === text ? {} : { hint: "there are blanks around the value" };
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

/** An object as the member of a union that takes it; else as the one that its discriminator names, for its problems. */
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
  const meant = options.find((option) => {
    const literal = discriminator === undefined ? undefined : shapeOf(unwrap(option))?.get(discriminator);
    return (
      literal !== undefined &&
      accepts(
        literal,
        coerce(kind, literal, () => undefined),
      )
    );
  });
  return meant === undefined ? value : coerce(value, meant, onRefusal, path);
}

function coerceStructure(
  text: string,
  schema: Schema,
  definition: Definition,
  onRefusal: OnRefusal,
  path: readonly PropertyKey[],
): unknown {
  const isList = definition.type === "array" || definition.type === "tuple" || definition.type === "set";
  const start = text.trimStart()[0];
  if (isList && start !== "[") return coerce(splitList(text, ","), schema, onRefusal, path);
  try {
    const parsed = jsonValue(readJson(text));
    return typeof parsed === "string" ? parsed : coerce(parsed, schema, onRefusal, path);
  } catch (fault) {
    const place = fault instanceof JsonFault ? `, but there is ${fault.message} at column ${fault.column}` : "";
    onRefusal(path, { expected: `${expectationOf(schema)} as JSON${place}` });
    return text;
  }
}

/** The items of separated text, without the blanks around them. */
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
  schema: Schema,
  definition: Definition,
  onRefusal: OnRefusal,
  path: readonly PropertyKey[],
): Record<string, unknown> {
  const shape = shapeOf(unwrap(schema));
  const result: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    if (key === "__proto__") continue;
    const inner = shape?.get(key) ?? definition.valueType ?? definition.catchall;
    if (inner !== undefined && member === "" && !takesEmptyText(inner)) continue;
    result[key] = inner === undefined ? member : coerce(member, inner, onRefusal, [...path, key]);
  }
  return result;
}

/** Whether `value` is an object made by a literal or by JSON. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value) as unknown;
  return prototype === Object.prototype || prototype === null;
}
