import { type Duration, toMilliseconds } from "./duration.ts";
import { captureStack, setHidden } from "./internal/capture-stack.ts";
import { CODE } from "./internal/error-code.ts";
import { showValue } from "./internal/show-value.ts";
import { readMember } from "./objects.ts";
import { checkOptions, flag } from "./options.ts";

/** Facts about one occurrence of an error, for logs; clients see only the members that the definition exposes. */
export type ErrorContext = Readonly<Record<string, unknown>>;

/** Options of {@link SeaworthyError}. */
export interface SeaworthyErrorOptions {
  /** HTTP status that fits, 400 to 599. @default 500 */
  status?: number;
  /** Whether the same call may succeed later. @default false */
  retryable?: boolean;
  /** When a retry makes sense; the error has it in milliseconds. */
  retryAfter?: Duration;
  /** Whether a client may see the message. @default status < 500 */
  expose?: boolean;
  /** Members of the context that a client may see. @default [] */
  exposed?: readonly string[];
  context?: ErrorContext;
  cause?: unknown;
  /** Leaves out the call stack: for rejections on hot paths, where it costs most and says least. @default false */
  stackless?: boolean;
}

const HEADER = /^SeaworthyError \[([A-Z][A-Z0-9_]{0,127})\]/;
const OPTIONS = ["status", "retryable", "retryAfter", "expose", "exposed", "context", "cause", "stackless"];
const brand = Symbol.for("seaworthy.error");

/**
 * An error with a stable upper-snake `code`, a status and a retry verdict. Recognize it with {@link isSeaworthyError},
 * never with `instanceof`: another copy of the package has another class.
 *
 * @throws TypeError if the code is not in upper snake case, the status is not from 400 to 599, or another option is not as
 * described
 */
export class SeaworthyError extends Error {
  readonly code: string;
  readonly status: number;
  readonly retryable: boolean;
  declare readonly retryAfter?: number;
  readonly expose: boolean;
  readonly exposed: readonly string[];
  readonly context: ErrorContext;

  constructor(code: string, message: string, options: SeaworthyErrorOptions = {}) {
    const { status = 500, context = {}, exposed = [] } = options;
    if (typeof code !== "string" || !CODE.test(code))
      throw new TypeError(`code must be a string in upper snake case, like ORDER_NOT_FOUND; got ${showValue(code)}`);
    if (!Number.isInteger(status) || status < 400 || status > 599)
      throw new TypeError(`status must be from 400 to 599; got ${showValue(status)}`);
    checkRest(options, exposed, context);
    // Turned into text here, since its toString may throw, and the limit must not stay at 0 then.
    const text = message === undefined ? "" : `${message}`;
    // The stack is taken once, below, with a first line that carries the code.
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    super(text, "cause" in options ? { cause: options.cause } : undefined);
    Error.stackTraceLimit = limit;
    this.code = code;
    this.status = status;
    this.retryable = options.retryable ?? false;
    if (options.retryAfter !== undefined) this.retryAfter = toMilliseconds(options.retryAfter, "retryAfter");
    this.expose = options.expose ?? status < 500;
    this.exposed = exposed;
    this.context = context;
    if (options.stackless === true) setHidden(this, "stack", `${this.name} [${code}]: ${text}`);
    else captureStack(this, new.target);
  }
}
Object.defineProperty(SeaworthyError.prototype, "name", {
  value: "SeaworthyError",
  writable: true,
  configurable: true,
});
Object.defineProperty(SeaworthyError.prototype, brand, { value: true });

function checkRest(options: SeaworthyErrorOptions, exposed: unknown, context: unknown): void {
  checkOptions("SeaworthyError", options, OPTIONS);
  const { retryable, expose, stackless, retryAfter } = options;
  if (retryable !== undefined) flag("retryable", retryable);
  if (expose !== undefined) flag("expose", expose);
  if (stackless !== undefined) flag("stackless", stackless);
  if (retryAfter !== undefined) toMilliseconds(retryAfter, "retryAfter");
  if (!Array.isArray(exposed)) throw new TypeError(`exposed must be an array of names; got ${showValue(exposed)}`);
  if (typeof context !== "object" || context === null)
    throw new TypeError(`context must be an object; got ${showValue(context)}`);
}

/**
 * Whether `value` is an error of Seaworthy, of any copy of the package, with this `code` if one is given.
 *
 * An error that crossed a thread by structured clone has lost its class and members but not the first line of its
 * stack; it is recognized by that, and its `code` and the defaults of the other members are put back.
 */
export function isSeaworthyError(value: unknown, code?: string): value is SeaworthyError {
  try {
    if (typeof value !== "object" || value === null) return false;
    if (readMember(value, brand) !== true && !restore(value)) return false;
    return code === undefined || readMember(value, "code") === code;
  } catch {
    return false; // a Proxy whose trap throws is not one of ours
  }
}

function restore(value: object): boolean {
  if (!(value instanceof Error) || typeof value.stack !== "string") return false;
  const code = HEADER.exec(value.stack)?.[1];
  if (code === undefined) return false;
  const known = value as Partial<SeaworthyError>;
  if (known.code !== undefined && known.code !== code) return false;
  const status = known.status ?? 500;
  const members = {
    code,
    status,
    retryable: known.retryable ?? false,
    expose: known.expose ?? false,
    exposed: known.exposed ?? [],
    context: known.context ?? {},
  };
  for (const [key, member] of Object.entries(members))
    Object.defineProperty(value, key, { value: member, writable: true, configurable: true, enumerable: true });
  setHidden(value, "name", "SeaworthyError");
  Object.defineProperty(value, brand, { value: true });
  return true;
}
