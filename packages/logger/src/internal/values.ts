import { types } from "node:util";

/** How a value that is an object is written. */
export type Kind = "plain" | "array" | "error" | "date" | "bytes" | "json" | "map" | "set" | "pairs" | "file" | "boxed";

/** What stands for a member that could not be read. */
export const UNREADABLE = "[unreadable]";

/** The kind of an object. May throw what a Proxy's trap throws. */
export function kindOf(value: object): Kind {
  const prototype: unknown = Object.getPrototypeOf(value);
  const hasJson = typeof (value as { toJSON?: unknown }).toJSON === "function";
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

// Classes of the web, of Node.js or of a library; what they hold is behind methods.
const KIND_OF_TAG: Readonly<Record<string, Kind | undefined>> = {
  "[object Headers]": "pairs",
  "[object URLSearchParams]": "pairs",
  "[object FormData]": "pairs",
  "[object Blob]": "file",
  "[object File]": "file",
};

// So many pairs are looked at; an iterator of the host's may never end.
const MOST_PAIRS = 10_000;

/** The pairs of headers, query parameters or a form as members; a name that comes again has an array. */
export function membersOf(pairs: Iterable<[string, unknown]>): Record<string, unknown> {
  const members: Record<string, unknown> = Object.create(null);
  for (const [name, value] of itemsOf(pairs, MOST_PAIRS) as [string, unknown][]) {
    const known = members[name];
    if (known === undefined) members[name] = value;
    else if (Array.isArray(known)) known.push(value);
    else members[name] = [known, value];
  }
  return members;
}

/** A file or blob in a few words; its bytes take no part in a log. */
export function fileText({ name, size, type }: { name?: unknown; size: number; type: string }): string {
  const what = typeof name === "string" ? `file ${name}` : "blob";
  return `[${what}: ${size} bytes${type === "" ? "" : `, ${type}`}]`;
}

/** Whether this is an error of this realm or another. Never throws. */
export function isError(value: object): boolean {
  try {
    return value instanceof Error || types.isNativeError(value);
  } catch {
    return false; // a Proxy whose getPrototypeOf trap throws
  }
}

/** A member, or a mark in place of what its getter threw. */
export function readMember(target: object, key: string | number): unknown {
  try {
    return (target as Record<string | number, unknown>)[key];
  } catch {
    return UNREADABLE;
  }
}

/** Own enumerable names; none where they cannot be had. */
export function plainKeys(value: object): string[] {
  try {
    return Object.keys(value);
  } catch {
    return [];
  }
}

/** The first items of an iterable. */
export function itemsOf(values: Iterable<unknown>, most: number): unknown[] {
  const items: unknown[] = [];
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
