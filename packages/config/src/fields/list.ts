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
  /** What stands between two items of a string, 1 to 64 characters. @default "," */
  separator?: string;
  /** Fewest items. @default 0 */
  min?: number;
  /** Most items. @default 10000 */
  max?: number;
}

const MOST = 10_000;

/**
 * An array, given as an array, as a string with separators (blanks around items do not count, empty items are refused),
 * or as a string that is a JSON array. `""` counts as missing; an empty list is `[]`.
 *
 * @param item - what each item must be; strings are read as its type. @default any string
 * @throws TypeError if an option is unknown or not of its type, or `item` is no schema
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
  checkOptions("list", options, ["separator", "min", "max"]);
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
  const mark: FieldMark = { kind: "list", expected, json, toText, ...(holdsSecret(item) ? { secret: "value" } : {}) };
  const limits = { max, ...(min === undefined ? undefined : { min }) };
  return createList(mark, item, (value) => itemsOf(value, item, separator, expected), limits);
}

function textItem(): FieldSchema<string, string> {
  const mark = { kind: "text", expected: "a string", json: { type: "string" } };
  return createField(mark, (value) => (typeof value === "string" ? value : refuse({ expected: mark.expected })));
}

function itemsOf(value: unknown, item: Schema, separator: string, expected: string): unknown[] | Refused {
  const items = typeof value === "string" ? split(value, separator) : value;
  if (!Array.isArray(items)) return refuse({ expected, ...(typeof items === "string" ? { hint: items } : undefined) });
  if (items.includes("")) return refuse({ expected, hint: "there is an empty item" });
  let refused: { expected: string } | undefined;
  const read = items.map((part) => coerce(part, item, (_, refusal) => (refused ??= refusal)));
  return refused === undefined ? read : refuse({ expected: `${expected}; an item is not ${refused.expected}` });
}

/** The items, or a hint. */
function split(text: string, separator: string): unknown[] | string {
  if (!text.trimStart().startsWith("[")) return splitList(text, separator);
  try {
    return jsonValue(readJson(text)) as unknown[];
  } catch (fault) {
    return fault instanceof JsonFault ? `it begins like a JSON array, but has ${fault.message}` : "it is no JSON array";
  }
}

function toText(value: unknown): string | undefined {
  return Array.isArray(value) ? JSON.stringify(value) : undefined;
}
