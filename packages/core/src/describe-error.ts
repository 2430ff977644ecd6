import { isSeaworthyError } from "./error.ts";
import { type JsonSafe, jsonSafe } from "./json-safe.ts";
import { readMember } from "./objects.ts";
import { scrubAndCut } from "./scrub-secrets.ts";
import { isSensitiveKey } from "./sensitive-key.ts";

/** An error as plain, bounded, JSON-safe data without secrets. */
export interface ErrorRecord {
  /** The class or the name of the error; the `typeof` of a thrown value that is not an error. */
  type: string;
  message: string;
  code?: string | number;
  /** A number in every Seaworthy error; whatever another library put there in other errors. */
  status?: JsonSafe;
  retryable?: JsonSafe;
  context?: JsonSafe;
  stack?: string;
  cause?: ErrorRecord;
  /** Of an error that holds a list of errors: the first ten. Of any other error: its member of that name, as it is. */
  errors?: ErrorRecord[] | JsonSafe;
  /** How many errors of an AggregateError are not in `errors`. */
  omitted?: number;
  /** What was cut here: the chain was deeper than ten, came back to itself, or the whole grew too large. */
  truncated?: "depth" | "cycle" | "size";
  /**
   * The other members of the error under their own names, such as Node's `errno`, `statusCode` of an HTTP client and
   * `constraint` of PostgreSQL. A member that is called like one of those above is kept with an underscore: `type_`.
   */
  [member: string]: JsonSafe | ErrorRecord | ErrorRecord[] | undefined;
}

/** Options of {@link describeError}. */
export interface DescribeErrorOptions {
  /** Whether the value of a member of this name is blanked out. @default {@link isSensitiveKey} */
  redact?: (key: string) => boolean;
}

const DEPTH = 10;
const WIDTH = 10;
const RECORDS = 64;
const MESSAGE = 8192;
const STACK = 16_384;
const MEMBERS = 50;
// What describeError itself writes; a host's member of one of these names is renamed.
const TAKEN = new Set(["type", "message", "code", "stack", "cause", "omitted", "truncated"]);
interface Walk {
  readonly ancestors: Set<unknown>;
  readonly redact: (key: string) => boolean;
  left: number;
}

/**
 * Describes anything that was thrown, for logs. Never throws, and never executes more of the value than its getters.
 *
 * The chain of causes is followed ten deep, an AggregateError ten wide, 64 records in all; messages are cut at 8192
 * units and stacks at 16 384. The members that other libraries add stay under their own names. Members with a
 * credential's name and values of living secrets are blanked out.
 *
 * @example
 * ```ts
 * import { describeError } from "@seaworthy/core";
 * const error = Object.assign(new Error("not found", { cause: new TypeError("inner") }), { statusCode: 404 });
 * const record = describeError(error);
 * console.log(record.type, record.statusCode, record.cause?.message); // Error 404 inner
 * ```
 */
export function describeError(error: unknown, options: DescribeErrorOptions = {}): ErrorRecord {
  const { redact = isSensitiveKey } = options;
  return describe(error, DEPTH, { ancestors: new Set(), redact, left: RECORDS });
}

function describe(error: unknown, depth: number, walk: Walk): ErrorRecord {
  walk.left -= 1;
  if (!looksLikeError(error)) return describeValue(error, walk);
  const record: ErrorRecord = { type: typeOf(error), message: messageOf(error) };
  const code = codeOf(readMember(error, "code"));
  if (code !== undefined) record.code = code;
  walk.ancestors.add(error);
  const errors = listOf(readMember(error, "errors"));
  const members = membersOf(error, errors !== undefined);
  if (members.get("name") === record.type) members.delete("name");
  addMembers(record, members, depth, walk);
  const stack = text(readMember(error, "stack"), STACK);
  if (stack !== undefined) record.stack = stack;
  addCause(record, error, depth, walk);
  if (errors !== undefined) addErrors(record, errors, depth, walk);
  walk.ancestors.delete(error);
  return record;
}

function describeValue(value: unknown, { redact }: Walk): ErrorRecord {
  const safe = jsonSafe(value, { redact });
  const type = value === null ? "null" : typeof value;
  return typeof safe === "object" && safe !== null
    ? { type, message: "a thrown value that is not an error", context: safe }
    : { type, message: String(safe) };
}

function codeOf(code: unknown): string | number | undefined {
  if (typeof code === "string") return scrubAndCut(code, 256);
  return typeof code === "number" && Number.isFinite(code) ? code : undefined;
}

/** What an error has besides the members that every error has, also what its class has put on the prototype. */
function membersOf(error: object, hasErrors: boolean): Map<string, unknown> {
  const members = new Map<string, unknown>();
  const ours = isSeaworthyError(error);
  try {
    // The members of the class first: an error that was made by hand may have them as getters that are not enumerable.
    const names = ours ? ["status", "retryable", "retryAfter", "context"] : [];
    for (const key in error) names.push(key);
    for (const key of names) {
      if (key === "message" || key === "stack" || key === "cause") continue;
      if (ours && (key === "expose" || key === "exposed")) continue;
      const value = readMember(error, key);
      if (value === undefined || typeof value === "function" || typeof value === "symbol") continue;
      if (key === "errors" && hasErrors) continue;
      if (key === "code" && codeOf(value) !== undefined) continue;
      if (ours && key === "context" && isEmpty(value)) continue;
      members.set(key, value);
    }
  } catch {
    // A Proxy that does not tell its names: what came before it is kept.
  }
  return members;
}

function addMembers(record: ErrorRecord, members: Map<string, unknown>, depth: number, walk: Walk): void {
  const plain: Record<string, unknown> = {};
  for (const [key, value] of members) {
    if (looksLikeError(value) && !walk.redact(key) && stopAt(value, depth, walk) === undefined)
      put(record, nameOf(key, members), describe(value, depth - 1, walk));
    else put(plain, key, value);
  }
  const safe = jsonSafe(plain, { depth: 4, members: MEMBERS, redact: walk.redact });
  for (const [key, value] of Object.entries(safe ?? {})) put(record, nameOf(key, members), value);
}

function nameOf(key: string, members: Map<string, unknown>): string {
  let name = key;
  while (TAKEN.has(name) || (name !== key && members.has(name))) name += "_";
  return name;
}

// A plain assignment to "__proto__" would set the prototype in place of a member.
function put(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
}

function isEmpty(value: unknown): boolean {
  try {
    return typeof value !== "object" || value === null || Object.keys(value).length === 0;
  } catch {
    return false; // jsonSafe writes "[unreadable]"
  }
}

function addCause(record: ErrorRecord, error: object, depth: number, walk: Walk): void {
  const cause = readMember(error, "cause");
  if (cause !== undefined && cause !== null) {
    const stop = stopAt(cause, depth, walk);
    if (stop === undefined) record.cause = describe(cause, depth - 1, walk);
    else record.truncated = stop;
  }
}

function addErrors(record: ErrorRecord, errors: ErrorList, depth: number, walk: Walk): void {
  const first = errors.items.filter((inner) => stopAt(inner, depth, walk) === undefined);
  const described = first.filter(() => walk.left > 0).map((inner) => describe(inner, depth - 1, walk));
  record.errors = described;
  if (described.length < errors.length) record.omitted = errors.length - described.length;
}

interface ErrorList {
  readonly items: unknown[];
  readonly length: number;
}

/**
 * The first errors of a list, each read by itself: one that cannot be read must not cost the others. A list that has no
 * error among the first, such as the issues of a validator, is a member like any other.
 */
function listOf(value: unknown): ErrorList | undefined {
  try {
    if (!Array.isArray(value)) return undefined;
    const { length } = value;
    const items = Array.from({ length: Math.min(length, WIDTH) }, (_, i) => readMember(value, i));
    return length === 0 || items.some(looksLikeError) ? { items, length } : undefined;
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
      value instanceof Error ||
      (typeof readMember(value, "message") === "string" && typeof readMember(value, "stack") === "string")
    );
  } catch {
    return false; // getPrototypeOf trap
  }
}

function typeOf(error: object): string {
  const name = readMember(error, "name");
  if (typeof name === "string" && name !== "" && !/^error$/i.test(name)) return scrubAndCut(name, 256);
  const maker = readMember(error, "constructor");
  const makerName = typeof maker === "function" ? readMember(maker, "name") : undefined;
  return typeof makerName === "string" && makerName !== "" ? scrubAndCut(makerName, 256) : "Error";
}

function messageOf(error: object): string {
  const message = readMember(error, "message");
  if (typeof message === "string") return scrubAndCut(message, MESSAGE);
  if (message === undefined || message === null) return "";
  const safe = jsonSafe(message);
  return scrubAndCut(typeof safe === "string" ? safe : JSON.stringify(safe), MESSAGE);
}

function text(value: unknown, limit: number): string | undefined {
  return typeof value === "string" ? scrubAndCut(value, limit) : undefined;
}
