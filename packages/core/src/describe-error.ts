import { isSeaworthyError } from "./error.ts";
import { isSensitiveKey, type JsonSafe, jsonSafe } from "./json-safe.ts";
import { scrubAndCut } from "./secret.ts";

/** An error as plain, bounded, JSON-safe data with no secret in it. */
export interface ErrorRecord {
  /** Class or name of the error; the `typeof` of a thrown value that is none. */
  type: string;
  message: string;
  code?: string | number;
  status?: number;
  retryable?: boolean;
  context?: JsonSafe;
  /** Other own members, such as Node's `errno` and `syscall`. */
  members?: JsonSafe;
  stack?: string;
  cause?: ErrorRecord;
  /** Of an AggregateError: the first ten. */
  errors?: ErrorRecord[];
  /** How many errors of an AggregateError are not in `errors`. */
  omitted?: number;
  /** What was cut here: the chain was deeper than ten, came back to itself, or the whole grew too large. */
  truncated?: "depth" | "cycle" | "size";
}

const DEPTH = 10;
const WIDTH = 10;
const RECORDS = 64;
const MESSAGE = 8192;
const STACK = 16_384;
const SHOWN_ELSEWHERE = new Set([
  "name",
  "message",
  "stack",
  "cause",
  "errors",
  "code",
  "status",
  "retryable",
  "retryAfter",
  "expose",
  "exposed",
  "context",
]);
interface Walk {
  readonly ancestors: Set<unknown>;
  left: number;
}

/**
 * Describes anything that was thrown, for logs. Never throws, and never executes more of the value than its getters.
 *
 * The chain of causes is followed ten deep, an AggregateError ten wide, 64 records in all; messages are cut at 8192
 * units and stacks at 16 384. Members with a credential's name and values of living secrets are blanked out.
 *
 * @example
 * ```ts
 * import { describeError } from "@seaworthy/core";
 * const record = describeError(new Error("outer", { cause: new TypeError("inner") }));
 * console.log(record.type, record.cause?.message); // Error inner
 * ```
 */
export function describeError(error: unknown): ErrorRecord {
  return describe(error, DEPTH, { ancestors: new Set(), left: RECORDS });
}

function describe(error: unknown, depth: number, walk: Walk): ErrorRecord {
  walk.left -= 1;
  if (!looksLikeError(error)) return describeValue(error);
  const record: ErrorRecord = { type: typeOf(error), message: messageOf(error) };
  addFacts(record, error);
  const stack = text(read(error, "stack"), STACK);
  if (stack !== undefined) record.stack = stack;
  walk.ancestors.add(error);
  addNested(record, error, depth, walk);
  walk.ancestors.delete(error);
  return record;
}

function describeValue(value: unknown): ErrorRecord {
  const safe = jsonSafe(value);
  const type = value === null ? "null" : typeof value;
  return typeof safe === "object" && safe !== null
    ? { type, message: "a thrown value that is not an error", context: safe }
    : { type, message: String(safe) };
}

function addFacts(record: ErrorRecord, error: object): void {
  const code = read(error, "code");
  if (typeof code === "string") record.code = scrubAndCut(code, 256);
  if (typeof code === "number" && Number.isFinite(code)) record.code = code;
  if (isSeaworthyError(error)) addVerdict(record, error);
  const members = otherMembers(error);
  if (members !== undefined) record.members = members;
}

// Its brand says that it is one of ours, not that all members are there and can be read.
function addVerdict(record: ErrorRecord, error: object): void {
  const [status, retryable, context] = [read(error, "status"), read(error, "retryable"), read(error, "context")];
  if (typeof status === "number" && Number.isFinite(status)) record.status = status;
  if (typeof retryable === "boolean") record.retryable = retryable;
  if (typeof context !== "object" || context === null) return;
  const safe = jsonSafe(context);
  if (typeof safe !== "object" || safe === null || Object.keys(safe).length > 0) record.context = safe;
}

function otherMembers(error: object): JsonSafe | undefined {
  let keys: string[];
  try {
    keys = Object.keys(error).filter((key) => !SHOWN_ELSEWHERE.has(key));
  } catch {
    return undefined;
  }
  if (keys.length === 0) return undefined;
  const members: Record<string, unknown> = {};
  for (const key of keys.slice(0, 20)) {
    Object.defineProperty(members, key, {
      enumerable: true,
      value: isSensitiveKey(key) ? "" : (read(error, key) ?? null),
    });
  }
  return jsonSafe(members, { depth: 3, members: 20 });
}

function addNested(record: ErrorRecord, error: object, depth: number, walk: Walk): void {
  const cause = read(error, "cause");
  if (cause !== undefined && cause !== null) {
    const stop = stopAt(cause, depth, walk);
    if (stop === undefined) record.cause = describe(cause, depth - 1, walk);
    else record.truncated = stop;
  }
  const errors = listOf(read(error, "errors"));
  if (errors === undefined) return;
  const first = errors.items.filter((inner) => stopAt(inner, depth, walk) === undefined);
  record.errors = first.filter(() => walk.left > 0).map((inner) => describe(inner, depth - 1, walk));
  if (record.errors.length < errors.length) record.omitted = errors.length - record.errors.length;
}

/** The first items of a list, each read by itself: one that cannot be read must not cost the others. */
function listOf(value: unknown): { items: unknown[]; length: number } | undefined {
  try {
    if (!Array.isArray(value)) return undefined;
    const { length } = value;
    return { items: Array.from({ length: Math.min(length, WIDTH) }, (_, i) => read(value, i)), length };
  } catch {
    return undefined; // a revoked Proxy, or a trap that threw
  }
}

function stopAt(next: unknown, depth: number, walk: Walk): ErrorRecord["truncated"] {
  if (walk.ancestors.has(next)) return "cycle";
  if (walk.left <= 0) return "size";
  return depth <= 0 ? "depth" : undefined;
}

function looksLikeError(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  try {
    return (
      value instanceof Error || (typeof read(value, "message") === "string" && typeof read(value, "stack") === "string")
    );
  } catch {
    return false; // getPrototypeOf trap
  }
}

function typeOf(error: object): string {
  const name = read(error, "name");
  if (typeof name === "string" && name !== "" && name !== "Error") return scrubAndCut(name, 256);
  const maker = read(error, "constructor");
  const makerName = typeof maker === "function" ? read(maker, "name") : undefined;
  return typeof makerName === "string" && makerName !== "" ? scrubAndCut(makerName, 256) : "Error";
}

function messageOf(error: object): string {
  const message = read(error, "message");
  if (typeof message === "string") return scrubAndCut(message, MESSAGE);
  if (message === undefined || message === null) return "";
  const safe = jsonSafe(message);
  return scrubAndCut(typeof safe === "string" ? safe : JSON.stringify(safe), MESSAGE);
}

function text(value: unknown, limit: number): string | undefined {
  return typeof value === "string" ? scrubAndCut(value, limit) : undefined;
}

function read(target: object, key: string | number): unknown {
  try {
    return (target as Record<string | number, unknown>)[key];
  } catch {
    return undefined; // the getter's exception says nothing about the error being described
  }
}
