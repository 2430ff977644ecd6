import { isSecret } from "@seaworthy/core";
import { cutText } from "@seaworthy/core/redaction";
import { isPlainObject } from "./coerce.ts";
import type { Field } from "./model.ts";
import { isDeepStrictEqual } from "./node-builtins.ts";
import { maskText } from "./redact.ts";

/** A value of a field as text that the environment may hold; undefined when there is no such text. */
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
 * A field's default as text; undefined when there is none, it is not the same twice, or it is an output that may not
 * be read back.
 */
export function defaultText(field: Field): string | undefined {
  if (field.fallback === undefined || field.transforms || field.sensitivity !== undefined) return undefined;
  const value = field.fallback();
  const text = isDeepStrictEqual(value, field.fallback()) ? textOf(field, value) : undefined;
  return text === undefined || maskText(text) !== undefined ? undefined : text;
}

/** Text of any kind inside a message: in one line, its control characters visible, cut where nobody reads on. */
export function inLine(text: string, longest = 200): string {
  return cutText(text, longest).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (sign) => {
    return `\\u{${(sign.codePointAt(0) as number).toString(16)}}`;
  });
}

/** A path in quotes. It is not cut before the longest that systems know. */
export function pathText(path: string): string {
  return `"${inLine(path, 4096)}"`;
}

/** Text on one line, its control characters visible, for comments and terminals. */
export function oneLine(text: string): string {
  return text
    .replace(/\s+/g, " ")
    .replace(/\p{Cc}/gu, "�")
    .trim();
}
