import { types } from "node:util";

/** How a value that is an object is written. */
export type Kind = "plain" | "array" | "error" | "date" | "bytes" | "json" | "map" | "set" | "pairs" | "file" | "boxed";

function hasToJson(value: object): value is { toJSON(): unknown } {
  return "toJSON" in value && typeof value.toJSON === "function";
}

/** What the `toJSON` of a value of kind "json" returns. Throws what that throws. */
export function jsonOf(value: object): unknown {
  return hasToJson(value) ? value.toJSON() : undefined;
}

/** What is written in place of a member that could not be read. */
export const UNREADABLE = "[unreadable]";

/** The kind of an object. May throw what a Proxy's trap throws. */
export function kindOf(value: object): Kind {
  const prototype: unknown = Object.getPrototypeOf(value);
  const hasJson = hasToJson(value);
  if (prototype === Object.prototype) return hasJson ? "json" : "plain";
  if (Array.isArray(value)) return "array";
  if (isError(value)) return "error";
  if (types.isDate(value)) return "date";
  if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) return "bytes";
  if (hasJson) return "json";
  if (types.isMap(value)) return "map";
  if (types.isSet(value)) return "set";
  if (types.isBoxedPrimitive(value)) return "boxed";
  return KIND_OF_TAG[Object.prototype.toString.call(value)] ?? "plain";
}

// Classes of the web, of Node.js or of a library, whose content is behind methods.
const KIND_OF_TAG: Readonly<Record<string, Kind | undefined>> = {
  "[object Headers]": "pairs",
  "[object URLSearchParams]": "pairs",
  "[object FormData]": "pairs",
  "[object Blob]": "file",
  "[object File]": "file",
};

// An iterator of the host may never end, so that only so many pairs are read.
const MOST_PAIRS = 10_000;

/**
 * The pairs of headers, query parameters or a form as members. A name that occurs more than once has an array.
 *
 * @throws TypeError if the object has no pairs, although it says that it is of such a class
 */
export function membersOf(pairs: object): Record<string, unknown> {
  if (!isIterable(pairs)) throw new TypeError("the object is not iterable");
  const members: Record<string, unknown> = Object.create(null);
  for (const pair of itemsOf(pairs, MOST_PAIRS)) {
    if (!Array.isArray(pair)) continue;
    const [name, value]: unknown[] = pair;
    if (typeof name !== "string") continue;
    const known = members[name];
    if (known === undefined) members[name] = value;
    else if (Array.isArray(known)) known.push(value);
    else members[name] = [known, value];
  }
  return members;
}

function isIterable(value: object): value is Iterable<unknown> {
  return Symbol.iterator in value;
}

/** A file or blob in a few words, without its bytes. */
export function fileText({ name, size, type }: { name?: unknown; size?: unknown; type?: unknown }): string {
  const what = typeof name === "string" ? `file ${name}` : "blob";
  return `[${what}: ${size} bytes${type === "" ? "" : `, ${String(type)}`}]`;
}

/** Whether this is an error of this realm or another. Never throws. */
export function isError(value: object): boolean {
  try {
    return value instanceof Error || types.isNativeError(value);
  } catch {
    return false; // a Proxy whose getPrototypeOf trap throws
  }
}

/** A member, or a mark if its getter throws. Core's `readMember` would cost a call and two checks more per member of a line. */
export function readMember(target: object, key: string | number): unknown {
  try {
    return (target as Readonly<Record<string | number, unknown>>)[key];
  } catch {
    return UNREADABLE;
  }
}

/** Own enumerable names; an empty array if they cannot be read. */
export function plainKeys(value: object): string[] {
  try {
    return Object.keys(value);
  } catch {
    return [];
  }
}

/** The first items of an iterable. */
export function itemsOf<T>(values: Iterable<T>, most: number): T[] {
  const items: T[] = [];
  for (const value of values) {
    if (items.length >= most) break;
    items.push(value);
  }
  return items;
}

/** Whether a value is a promise or behaves like one. Never throws. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof readMember(value, "then") === "function";
}
