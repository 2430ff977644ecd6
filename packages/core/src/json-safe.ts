import { cutText } from "./cut-text.ts";
import { readMember } from "./objects.ts";
import { scrubAndCut } from "./scrub-secrets.ts";
import { isSecret, REDACTED } from "./secret.ts";
import { isSensitiveKey } from "./sensitive-key.ts";

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
interface Walk {
  readonly limits: Required<JsonSafeOptions>;
  readonly ancestors: Set<object>;
  left: number;
}

/**
 * A copy of any value that is safe to write as JSON: bounded, acyclic, with no getter's exception, no secret and no
 * value of a living secret in it. Never throws. Numbers that JSON lacks, bigints, dates, errors, maps, sets, headers, query
 * parameters, forms and bytes become readable text or plain data; an event emitter, such as a socket or a request, becomes its class's name.
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
    // Arrays and collections may have one too: those of a configuration hide their secrets with it.
    const toJson = "toJSON" in value ? value.toJSON : undefined;
    if (typeof toJson === "function") return visit(toJson.call(value), depth - 1, walk);
    if (value instanceof Map)
      return visitMembers(
        [...firstOf(value, walk.limits.members)].map(([k, v]) => [keyText(k), () => v]),
        value.size,
        depth,
        walk,
      );
    if (value instanceof Set) return visitArray([...firstOf(value, walk.limits.members)], value.size, depth, walk);
    if (Array.isArray(value)) return visitArray(value, value.length, depth, walk);
    const tag = Object.prototype.toString.call(value);
    if (PAIRS.has(tag) && isIterable(value)) return visitPairs(value, depth, walk);
    if (FILES.has(tag)) return `[${Number("size" in value ? value.size : undefined)} bytes]`;
    if (isEmitter(value)) return `[${scrubAndCut(nameOf(value), 64)}]`;
    const keys = Object.keys(value);
    return visitMembers(
      keys.slice(0, walk.limits.members).map((key) => [key, () => Reflect.get(value, key)]),
      keys.length,
      depth,
      walk,
    );
  } finally {
    walk.ancestors.delete(value);
  }
}

// Classes of the web, of Node.js or of a library; what they hold is behind methods.
const PAIRS: ReadonlySet<string> = new Set(["[object Headers]", "[object URLSearchParams]", "[object FormData]"]);
const FILES: ReadonlySet<string> = new Set(["[object Blob]", "[object File]"]);
const MOST_PAIRS = 10_000;

function isIterable(value: object): value is Iterable<[string, unknown]> {
  return Symbol.iterator in value && typeof value[Symbol.iterator] === "function";
}

/** Headers, query parameters or a form as members; a name that comes again has an array. */
function visitPairs(pairs: Iterable<[string, unknown]>, depth: number, walk: Walk): JsonSafe {
  const members = new Map<string, unknown[]>();
  for (const [name, each] of firstOf(pairs, MOST_PAIRS)) {
    const known = members.get(name);
    if (known === undefined) members.set(name, [each]);
    else known.push(each);
  }
  const entries = [...firstOf(members, walk.limits.members)].map(([name, all]): [string, () => unknown] => [
    keyText(name),
    () => (all.length === 1 ? all[0] : all),
  ]);
  return visitMembers(entries, members.size, depth, walk);
}

// Sockets, streams, requests and agents: they say little, lead to half of the process, and a request holds its header,
// credentials included, as one text.
function isEmitter(value: object): boolean {
  return "on" in value && typeof value.on === "function" && "emit" in value && typeof value.emit === "function";
}

function nameOf(value: object): string {
  const name = readMember(value.constructor, "name");
  return typeof name === "string" && name !== "" ? name : "EventEmitter";
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
