import { defineErrors } from "./define-errors.ts";
import { describeError, type ErrorRecord } from "./describe-error.ts";
import { isSeaworthyError, SeaworthyError, type SeaworthyErrorOptions } from "./error.ts";
import { CODE } from "./internal/error-code.ts";
import { isObject, readMember } from "./objects.ts";

const errors = defineErrors(
  { CORE_ERROR_UNDECODABLE: { status: 500, title: "The text is not an encoded error" } },
  { owner: "@seaworthy/core" },
);

const VERSION = 1;
const LONGEST_TEXT = 1_048_576;
const DEPTH = 12;
// As many of an AggregateError as describeError keeps.
const WIDTH = 10;

interface Encoded {
  type: string;
  message: string;
  code?: string | number;
  status?: unknown;
  retryable?: unknown;
  context?: unknown;
  stack?: string;
  cause?: Encoded;
  errors?: Encoded[];
  omitted?: number;
  truncated?: ErrorRecord["truncated"] & {};
  seaworthy?: boolean;
  retryAfter?: number;
  expose?: boolean;
  exposed?: readonly string[];
}

/**
 * An error as JSON text for another process or thread. What {@link describeError} cuts and blanks out does not travel;
 * the code, status, retry verdict and exposed context do, for each Seaworthy error of the chain of causes.
 */
export function encodeError(error: unknown): string {
  const encoded = enrich(describeError(error), error);
  const text = write(encoded);
  if (text.length <= LONGEST_TEXT) return text;
  // Escapes can make six units of one, so what is least missed goes first: what stands beside the chain, then the stacks.
  const lean = write(withoutMembers(encoded, ["errors"]));
  return lean.length <= LONGEST_TEXT ? lean : write(withoutMembers(encoded, ["errors", "stack", "context"]));
}

function write(error: Encoded): string {
  return JSON.stringify({ v: VERSION, error });
}

function withoutMembers(record: Encoded, names: readonly (keyof Encoded)[]): Encoded {
  const lean = { ...record, truncated: "size" as const };
  for (const name of names) delete lean[name];
  if (record.cause !== undefined) lean.cause = withoutMembers(record.cause, names);
  return lean;
}

function enrich(record: ErrorRecord, error: unknown): Encoded {
  const encoded = knownOf(record);
  if (isSeaworthyError(error) && isOurs(record)) {
    const { status, retryable, context } = record;
    Object.assign(encoded, { status, retryable, context });
    const { expose, exposed, retryAfter } = verdictOf(error);
    encoded.seaworthy = true;
    encoded.expose = expose === true;
    if (Array.isArray(exposed)) encoded.exposed = exposed.filter((name) => typeof name === "string").slice(0, 100);
    if (typeof retryAfter === "number") encoded.retryAfter = retryAfter;
  }
  if (record.cause !== undefined) encoded.cause = enrich(record.cause, readMember(error, "cause"));
  const nested = readMember(error, "errors");
  if (Array.isArray(record.errors) && record.errors.every(isRecord)) encoded.errors = enrichAll(record.errors, nested);
  return encoded;
}

// Members that another library chose the names of are not decoded, and must not pass for the encoder's own.
function knownOf({ type, message, code, stack, omitted, truncated }: ErrorRecord): Encoded {
  const known: Encoded = { type, message };
  if (code !== undefined) known.code = code;
  if (stack !== undefined) known.stack = stack;
  if (omitted !== undefined) known.omitted = omitted;
  if (truncated !== undefined) known.truncated = truncated;
  return known;
}

/** The records are those of the first errors, unless some were left out as cycles; which ones is not known then. */
function enrichAll(records: readonly ErrorRecord[], errors: unknown): Encoded[] {
  const length = readMember(errors, "length");
  const complete = typeof length === "number" && records.length === Math.min(length, WIDTH);
  return records.map((record, index) => enrich(record, complete ? readMember(errors, index) : undefined));
}

/** Whether the decoder can make an error of ours of it. */
function isOurs({ code, status }: ErrorRecord): boolean {
  return typeof code === "string" && CODE.test(code) && typeof status === "number" && status >= 400 && status <= 599;
}

// A brand does not promise that the members are there, nor that they can be read.
function verdictOf(error: SeaworthyError): { expose?: unknown; exposed?: unknown; retryAfter?: unknown } {
  try {
    const { expose, exposed, retryAfter } = error;
    return { expose, exposed: Array.isArray(exposed) ? [...exposed] : [], retryAfter };
  } catch {
    return {};
  }
}

/**
 * The error that {@link encodeError} wrote. A code that this process has not defined survives as it is. An error that
 * was not an error of Seaworthy comes back as an `Error` with its name, message and code; an error that held others, as an
 * `AggregateError` of the first ten.
 *
 * @throws CORE_ERROR_UNDECODABLE if the text is longer than 1 MiB or is not what `encodeError` writes
 */
export function decodeError(text: string): Error {
  if (typeof text !== "string" || text.length > LONGEST_TEXT) throw errors.CORE_ERROR_UNDECODABLE();
  let parsed: { v?: unknown; error?: unknown };
  try {
    parsed = JSON.parse(text);
  } catch {
    throw errors.CORE_ERROR_UNDECODABLE(); // the parser's message would quote the text
  }
  if (parsed?.v !== VERSION || !isRecord(parsed.error)) throw errors.CORE_ERROR_UNDECODABLE();
  return revive(parsed.error, DEPTH);
}

function isRecord<T>(value: T): value is T & ErrorRecord & Encoded {
  return isObject(value) && typeof value.type === "string" && typeof value.message === "string";
}

function revive(record: Encoded, depth: number): Error {
  const cause = isRecord(record.cause) && depth > 0 ? { cause: revive(record.cause, depth - 1) } : undefined;
  const inner = depth > 0 ? reviveAll(record.errors, depth - 1) : undefined;
  const error = record.seaworthy === true ? reviveOwn(record, cause) : reviveForeign(record, cause, inner);
  if (inner !== undefined && !(error instanceof AggregateError))
    Object.defineProperty(error, "errors", { value: inner, writable: true, configurable: true });
  if (typeof record.stack === "string")
    Object.defineProperty(error, "stack", { value: record.stack, writable: true, configurable: true });
  return error;
}

function reviveAll(records: unknown, depth: number): Error[] | undefined {
  if (!Array.isArray(records)) return undefined;
  return records
    .slice(0, WIDTH)
    .filter(isRecord)
    .map((record) => revive(record, depth));
}

function reviveOwn(record: Encoded, cause: { cause: unknown } | undefined): SeaworthyError {
  const { code, status, retryAfter, exposed, context } = record;
  const options: SeaworthyErrorOptions = {
    retryable: record.retryable === true,
    expose: record.expose === true,
    exposed: Array.isArray(exposed) ? exposed.filter((key) => typeof key === "string") : [],
    stackless: true,
    ...cause,
  };
  if (typeof status === "number") options.status = status;
  if (typeof retryAfter === "number" && retryAfter >= 0) options.retryAfter = retryAfter;
  if (isObject(context) && !Array.isArray(context)) options.context = context;
  try {
    return new SeaworthyError(String(code), record.message, options);
  } catch {
    throw errors.CORE_ERROR_UNDECODABLE(); // a code or status that no encoder writes
  }
}

function reviveForeign(record: Encoded, cause: { cause: unknown } | undefined, inner: Error[] | undefined): Error {
  const error =
    inner === undefined ? new Error(record.message, cause) : new AggregateError(inner, record.message, cause);
  Object.defineProperty(error, "name", { value: record.type, writable: true, configurable: true });
  if (record.code !== undefined) Object.assign(error, { code: record.code });
  return error;
}
