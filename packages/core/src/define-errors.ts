import { type Duration, toMilliseconds } from "./duration.ts";
import { type ErrorContext, isSeaworthyError, SeaworthyError, type SeaworthyErrorOptions } from "./error.ts";
import { captureStack } from "./internal/capture-stack.ts";
import { problemTypes } from "./internal/problem-types.ts";
import { showValue } from "./internal/show-value.ts";
import { checkOptions, flag } from "./options.ts";

/** How a kind of error is described, once. */
export interface ErrorDefinition {
  /** HTTP status that fits, 400 to 599. @default 500 */
  status?: number;
  /** One sentence for people; a problem document's title. */
  title: string;
  /** A problem document's `type`: a URI reference that identifies the kind of problem (RFC 9457, 3.1.1). @default "about:blank" */
  type?: string;
  /** Whether the same call may succeed later. @default false */
  retryable?: boolean;
  /** When a retry makes sense. */
  retryAfter?: Duration;
  /** Members of the context that clients may see; `false` hides the title too, `true` shows it. @default status < 500 */
  expose?: readonly string[] | boolean;
  /** Leaves out the call stack: for rejections on hot paths. @default false */
  stackless?: boolean;
}

/** Makes errors of one code. */
export interface ErrorFactory {
  (context?: ErrorContext, options?: ErrorFactoryOptions): SeaworthyError;
  readonly code: string;
  /** Whether `value` is an error of this code, of any copy of the package. */
  is(value: unknown): value is SeaworthyError;
}

/** Options of an {@link ErrorFactory}. */
export interface ErrorFactoryOptions {
  cause?: unknown;
  /** In place of the title, for this occurrence. Shown to clients when the definition exposes. */
  message?: string;
  /** When a retry makes sense, for this occurrence; the error has it in milliseconds. */
  retryAfter?: Duration;
}

/** Options of {@link defineErrors}. */
export interface DefineErrorsOptions {
  /** Name of the package that defines: the same owner may repeat an identical definition, if it is loaded twice. */
  owner?: string;
}

const DEFINITION_OPTIONS = ["status", "title", "type", "retryable", "retryAfter", "expose", "stackless"];
const defined = new Map<string, { owner: string | undefined; definition: ErrorDefinition }>();

/**
 * Turns descriptions into factories, one per code. Codes are unique in a process.
 *
 * @throws TypeError if a code is not in upper snake case, a status is not from 400 to 599, a title is empty, another member
 * is not as described, or a code is already defined
 * @example
 * ```ts
 * import { defineErrors } from "@seaworthy/core";
 * const errors = defineErrors({ ORDER_NOT_FOUND: { status: 404, title: "Order not found", expose: ["orderId"] } });
 * const error = errors.ORDER_NOT_FOUND({ orderId: 7 });
 * console.log(error.code, error.status); // ORDER_NOT_FOUND 404
 * ```
 */
export function defineErrors<const D extends Record<string, ErrorDefinition>>(
  definitions: D,
  options: DefineErrorsOptions = {},
): { readonly [C in keyof D]: ErrorFactory } {
  if (typeof definitions !== "object" || definitions === null)
    throw new TypeError(`definitions must be an object; got ${showValue(definitions)}`);
  checkOptions("defineErrors", options, ["owner"]);
  const entries = Object.entries(definitions);
  const factories: Record<string, ErrorFactory> = {};
  for (const [code, definition] of entries) factories[code] = factoryOf(code, definition);
  // No code is taken unless all of them are valid and free.
  for (const [code, definition] of entries) checkFree(code, definition, options.owner);
  for (const [code, definition] of entries) {
    defined.set(code, { owner: options.owner, definition });
    if (definition.type !== undefined) problemTypes.set(code, definition.type);
  }
  return Object.freeze(factories) as { readonly [C in keyof D]: ErrorFactory };
}

function checkFree(code: string, definition: ErrorDefinition, owner: string | undefined): void {
  const holder = defined.get(code);
  const again =
    holder !== undefined &&
    owner !== undefined &&
    holder.owner === owner &&
    sameDefinition(holder.definition, definition);
  if (holder !== undefined && !again) throw new TypeError(`error code ${code} is already defined`);
}

function sameDefinition(a: ErrorDefinition, b: ErrorDefinition): boolean {
  const plain = (definition: ErrorDefinition): string => JSON.stringify(Object.entries(definition).sort());
  return plain(a) === plain(b);
}

function checkDefinition(code: string, definition: ErrorDefinition): void {
  checkOptions(code, definition, DEFINITION_OPTIONS);
  const { title, type, retryable = false, stackless = false, expose = false } = definition;
  if (typeof title !== "string" || title === "")
    throw new TypeError(`${code}: title must be a sentence; got ${showValue(title)}`);
  if (type !== undefined && (typeof type !== "string" || !URL.canParse(type, "http://base/")))
    throw new TypeError(`${code}: type must be a URI reference; got ${showValue(type)}`);
  flag(`${code}: retryable`, retryable);
  flag(`${code}: stackless`, stackless);
  const isList = Array.isArray(expose) && expose.every((member) => typeof member === "string");
  if (typeof expose !== "boolean" && !isList)
    throw new TypeError(`${code}: expose must be a boolean or an array of names; got ${showValue(expose)}`);
}

function factoryOf(code: string, definition: ErrorDefinition): ErrorFactory {
  checkDefinition(code, definition);
  const { title, status = 500, retryable = false, stackless = false, expose = status < 500 } = definition;
  const retryAfter =
    definition.retryAfter === undefined ? undefined : toMilliseconds(definition.retryAfter, `${code}: retryAfter`);
  // The constructor would take the stack from itself; it is taken once, from the factory's caller.
  const fixed = {
    status,
    retryable,
    stackless: true,
    expose: typeof expose === "boolean" ? expose : true,
    exposed: typeof expose === "boolean" ? [] : expose,
  };
  const make = (context?: ErrorContext, options?: ErrorFactoryOptions): SeaworthyError => {
    const after = options?.retryAfter ?? retryAfter;
    const given: SeaworthyErrorOptions = { ...fixed };
    if (after !== undefined) given.retryAfter = after;
    if (context !== undefined) given.context = context;
    if (options !== undefined && "cause" in options) given.cause = options.cause;
    const error = new SeaworthyError(code, options?.message ?? title, given);
    if (!stackless) captureStack(error, make);
    return error;
  };
  make({}); // a bad code or status fails here, at definition
  const is = (value: unknown): value is SeaworthyError => isSeaworthyError(value, code);
  return Object.freeze(Object.assign(make, { code, is }));
}
