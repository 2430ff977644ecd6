import { types } from "node:util";

/** How a value that is an object is written. */
export type Kind = "plain" | "array" | "error" | "date" | "bytes" | "json" | "map" | "set" | "boxed";

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
  return types.isBoxedPrimitive(value) ? "boxed" : "plain";
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
