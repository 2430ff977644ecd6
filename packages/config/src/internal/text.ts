import { isSecret } from "@seaworthy/core";
import { cutText } from "@seaworthy/core/redaction";
import { isPlainObject } from "./coerce.ts";
import type { Field } from "./model.ts";
import { isDeepStrictEqual } from "./node-builtins.ts";
import { maskText } from "./redact.ts";

/** Returns a value of a field as a string for a variable, or undefined if that is not possible. */
export function textOf(field: Field, value: unknown): string | undefined {
  const own = field.mark?.toText?.(value);
  if (own !== undefined) return own;
  if (isSecret(value)) return textOf(field, value.reveal());
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.toISOString();
  if (Array.isArray(value) || isPlainObject(value)) return JSON.stringify(revealed(value));
  return undefined;
}

function revealed(value: unknown): unknown {
  if (isSecret(value)) return revealed(value.reveal());
  if (Array.isArray(value)) return value.map(revealed);
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, revealed(member)]));
}

/**
 * Returns the default of a field as a string. Returns undefined if there is no default, if it is computed and differs each
 * time, or if it is an output that the field may not accept.
 */
export function defaultText(field: Field): string | undefined {
  if (field.fallback === undefined || field.transforms || field.sensitivity !== undefined) return undefined;
  const value = field.fallback();
  const text = isDeepStrictEqual(value, field.fallback()) ? textOf(field, value) : undefined;
  return text === undefined || maskText(text) !== undefined ? undefined : text;
}

/** Returns text for a message: on one line, with visible control characters, and cut to `longest` units. */
export function inLine(text: string, longest = 200): string {
  return cutText(text, longest).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (sign) => {
    return `\\u{${(sign.codePointAt(0) ?? 0).toString(16)}}`;
  });
}

/** Returns a path in quotes. A path of the longest length that systems allow is not cut. */
export function pathText(path: string): string {
  return `"${inLine(path, 4096)}"`;
}

/** Returns text on one line, without control characters, for comments and terminals. */
export function oneLine(text: string): string {
  return text
    .replace(/\s+/g, " ")
    .replace(/\p{Cc}/gu, "�")
    .trim();
}
