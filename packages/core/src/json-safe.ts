import { cutText, isSecret, REDACTED, scrubAndCut } from "./secret.ts";

/** Limits of {@link jsonSafe}. What is cut is marked in the result. */
export interface JsonSafeOptions {
  /** Levels of nesting kept. @default 6 */
  depth?: number;
  /** Members kept of one object or array. @default 50 */
  members?: number;
  /** UTF-16 units kept of one string. @default 8192 */
  text?: number;
  /** Values visited in all. @default 2000 */
  total?: number;
  /** Whether a member of this name is blanked out. @default {@link isSensitiveKey} */
  redact?: (key: string) => boolean;
}

/** Plain data that `JSON.stringify` takes as it is. */
export type JsonSafe = string | number | boolean | null | JsonSafe[] | { [member: string]: JsonSafe };

const HUGE = 1n << 1024n;
const SENSITIVE =
  /passw(?:or)?d(?:s|\d+|[-_]?(?:hash|confirm(?:ation)?|repeat))?$|pwd$|(?:access|encryption|signing|master)[-_]?key$|connection[-_]?string$|passphrase$|passcode$|secret|token|authori[sz]ation|cookie|api[-_]?key|private[-_]?key|credential|session[-_]?id|^(?:otp|totp|pin|cvv|cvc|ssn|jwt|bearer|(?:.*[-_.])?pass)$/i;
const CAMEL_PASS = /[a-z0-9]Pass$/;
const SENSITIVE_BUT_HARMLESS =
  /^(?:max|min|num|count|total|prompt|completion|input|output)[-_]?tokens$|^tokens?[-_]?(?:count|limit|used|type)$/i;

/** Whether a member of this name usually holds a credential: `password`, `Authorization`, `api_key`, `refreshToken` and the like. */
export function isSensitiveKey(key: string): boolean {
  return key.length <= 256 && (SENSITIVE.test(key) || CAMEL_PASS.test(key)) && !SENSITIVE_BUT_HARMLESS.test(key);
}

interface Walk {
  readonly limits: Required<JsonSafeOptions>;
  readonly ancestors: Set<object>;
  left: number;
}

/**
 * A copy of any value that is safe to write as JSON: bounded, acyclic, with no getter's exception, no secret and no
 * value of a living secret in it. Never throws. Numbers that JSON lacks, bigints, dates, errors, maps, sets and bytes
 * become readable text or plain data.
 */
export function jsonSafe(value: unknown, options: JsonSafeOptions = {}): JsonSafe {
  const { depth = 6, members = 50, text = 8192, total = 2000, redact = isSensitiveKey } = options;
  const walk: Walk = { limits: { depth, members, text, total, redact }, ancestors: new Set(), left: total };
  return visit(value, depth, walk);
}

function visit(value: unknown, depth: number, walk: Walk): JsonSafe {
  walk.left -= 1;
  switch (typeof value) {
    case "string":
      return scrubAndCut(value, walk.limits.text);
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "boolean":
      return value;
    case "bigint":
      // Writing out millions of digits takes seconds.
      return value > HUGE || value < -HUGE ? "[bigint]" : cutText(String(value), walk.limits.text);
    case "function":
      return "[function]";
    case "symbol":
      return "[symbol]";
    case "undefined":
      return "[undefined]";
  }
  if (value === null || value === undefined) return null;
  try {
    return visitObject(value, depth, walk);
  } catch {
    return "[unreadable]"; // a Proxy trap, getter or toJSON of the host threw
  }
}

function visitObject(value: object, depth: number, walk: Walk): JsonSafe {
  if (isSecret(value)) return REDACTED;
  if (walk.ancestors.has(value)) return "[circular]";
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Error) return scrubAndCut(`${value.name}: ${value.message}`, walk.limits.text);
  if (depth <= 0 || walk.left <= 0) return Array.isArray(value) ? "[array]" : "[object]";
  walk.ancestors.add(value);
  try {
    if (value instanceof Map)
      return visitMembers(
        [...firstOf(value, walk.limits.members)].map(([k, v]) => [keyText(k), () => v]),
        value.size,
        depth,
        walk,
      );
    if (value instanceof Set) return visitArray([...firstOf(value, walk.limits.members)], value.size, depth, walk);
    if (Array.isArray(value)) return visitArray(value, value.length, depth, walk);
    const toJson = (value as { toJSON?: unknown }).toJSON;
    if (typeof toJson === "function") return visit(toJson.call(value), depth - 1, walk);
    const keys = Object.keys(value);
    return visitMembers(
      keys.slice(0, walk.limits.members).map((key) => [key, () => (value as Record<string, unknown>)[key]]),
      keys.length,
      depth,
      walk,
    );
  } finally {
    walk.ancestors.delete(value);
  }
}

function keyText(key: unknown): string {
  return typeof key === "string" ? key : typeof key === "object" && key !== null ? "[object]" : String(key);
}

function* firstOf<T>(values: Iterable<T>, count: number): Generator<T> {
  let taken = 0;
  for (const value of values) {
    if (taken++ >= count) return;
    yield value;
  }
}

function visitArray(items: readonly unknown[], size: number, depth: number, walk: Walk): JsonSafe[] {
  const kept: JsonSafe[] = [];
  for (let i = 0; i < Math.min(size, walk.limits.members) && walk.left > 0; i++)
    kept.push(visit(items[i], depth - 1, walk));
  if (kept.length < size) kept.push(`[${size - kept.length} more]`);
  return kept;
}

function visitMembers(entries: [string, () => unknown][], size: number, depth: number, walk: Walk): JsonSafe {
  const result: { [member: string]: JsonSafe } = {};
  let kept = 0;
  for (const [rawKey, read] of entries) {
    if (walk.left <= 0) break;
    kept++;
    const key = scrubAndCut(rawKey, 256);
    const value = walk.limits.redact(rawKey) ? REDACTED : visitGuarded(read, depth, walk);
    // A plain assignment to "__proto__" would set the prototype in place of a member.
    Object.defineProperty(result, key, { value, enumerable: true, writable: true, configurable: true });
  }
  if (kept < size) result["…"] = `[${size - kept} more]`;
  return result;
}

function visitGuarded(read: () => unknown, depth: number, walk: Walk): JsonSafe {
  let value: unknown;
  try {
    value = read();
  } catch {
    return "[unreadable]";
  }
  return visit(value, depth - 1, walk);
}
