import { withoutUndefined } from "@seaworthy/core/objects";
import { boundedString, checkOptions, integer, showValue } from "@seaworthy/core/options";
import { coerce, splitList } from "../internal/coerce.ts";
import { JsonFault, jsonValue, readJson } from "../internal/json.ts";
import { holdsSecret } from "../internal/secrecy.ts";
import { expectationOf } from "../internal/shape.ts";
import {
  createField,
  createList,
  type FieldMark,
  type FieldSchema,
  isSchema,
  type Refused,
  refuse,
  type Schema,
} from "../internal/zod.ts";

/** Options of {@link list}. */
export interface ListOptions {
  /** The separator between two items of a string, 1 to 64 characters. @default "," */
  separator?: string;
  /** The fewest items. @default 0 */
  min?: number;
  /** The most items. @default 10000 */
  max?: number;
}

const OPTIONS = ["separator", "min", "max"];
const MOST = 10_000;

/**
 * An array. The input is an array, a string with separators (white space around items is ignored, and empty items are
 * refused), or a string that is a JSON array. `""` means that the value is missing; an empty array is `[]`.
 *
 * @param item - the schema of each item; strings are read as its type. @default any string
 * @throws TypeError if an option is unknown or has the wrong type, or `item` is not a schema
 * @example
 * ```ts
 * import { list, port } from "@seaworthy/config";
 * console.log(list(port()).parse("80, 443")); // [ 80, 443 ]
 * ```
 */
export function list(item?: undefined, options?: ListOptions): FieldSchema<string[], string | unknown[]>;
export function list<Out>(item: Schema<Out>, options?: ListOptions): FieldSchema<Out[], string | unknown[]>;
export function list<Out>(
  given?: Schema<Out>,
  options: ListOptions = {},
): FieldSchema<(Out | string)[], string | unknown[]> {
  checkOptions("list", options, OPTIONS);
  if (given !== undefined && !isSchema(given))
    throw new TypeError(`list: item must be a schema of zod 4; got ${showValue(given)}`);
  const item: Schema<Out | string> = given ?? textItem();
  const { separator = ",", min, max = MOST } = options;
  boundedString("list: separator", separator, 1, 64);
  if (min !== undefined) integer("list: min", min, 0, max);
  if (max !== undefined) integer("list: max", max, 0, Number.MAX_SAFE_INTEGER);
  const what = given === undefined ? "" : ` of ${expectationOf(item)}`;
  const expected = `an array${what}, its items separated by ${JSON.stringify(separator)}`;
  const json = { anyOf: [{ type: "array" }, { type: "string" }] };
  const secret = holdsSecret(item) ? ("value" as const) : undefined;
  const mark: FieldMark = withoutUndefined({ kind: "list", expected, json, toText, secret });
  const limits = withoutUndefined({ min, max });
  return createList(mark, item, (value) => itemsOf(value, item, separator, expected), limits);
}

function textItem(): FieldSchema<string, string> {
  const mark = { kind: "text", expected: "a string", json: { type: "string" } };
  return createField(mark, (value) => (typeof value === "string" ? value : refuse({ expected: mark.expected })));
}

function itemsOf(value: unknown, item: Schema, separator: string, expected: string): unknown[] | Refused {
  const items = typeof value === "string" ? split(value, separator) : value;
  if (typeof items === "string") return refuse({ expected, hint: items });
  if (!Array.isArray(items)) return refuse({ expected });
  if (items.includes("")) return refuse({ expected, hint: "there is an empty item" });
  let refused: { expected: string } | undefined;
  const read = items.map((part) => coerce(part, item, (_, refusal) => (refused ??= refusal)));
  return refused === undefined ? read : refuse({ expected: `${expected}; an item is not ${refused.expected}` });
}

/** Returns the items, or a hint for the issue. */
function split(text: string, separator: string): unknown {
  if (!text.trimStart().startsWith("[")) return splitList(text, separator);
  try {
    return jsonValue(readJson(text));
  } catch (fault) {
    if (!(fault instanceof JsonFault)) throw fault;
    return `it begins like a JSON array, but has ${fault.message}`;
  }
}

function toText(value: unknown): string | undefined {
  return Array.isArray(value) ? JSON.stringify(value) : undefined;
}
