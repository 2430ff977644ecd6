import { AsyncLocalStorage } from "node:async_hooks";
import { type Clock, systemClock } from "./clock.ts";
import { shared } from "./internal/shared.ts";
import { showValue } from "./internal/show-value.ts";

/**
 * Key under which a context can carry an object that makes its signal when it is first read; for code that enters a
 * context per request, of which few read the signal.
 */
export const lazySignal: unique symbol = Symbol.for("seaworthy.lazy-signal");

/** The user or service on whose behalf this request or job runs, as the authentication determined. */
export interface Principal {
  /** Stable id; the only member that logs and audit trails show. */
  id: string;
  roles?: readonly string[];
  [member: string]: unknown;
}

/** Where a request comes from. */
export interface Client {
  /** IP address, as far as trusted proxies tell it. */
  readonly address: string;
  /** The `User-Agent` header. It is whatever the client says. */
  readonly userAgent?: string;
}

/** Facts that hold for everything done on behalf of one request or job. Hosts may add members of their own. */
export interface Context {
  /** Id that ties together all log lines of one request. */
  readonly correlationId?: string;
  /** W3C Trace Context header text; see `parseTraceparent`. */
  readonly traceparent?: string;
  /** W3C Trace Context header text: what tracing systems add to the trace of `traceparent`. */
  readonly tracestate?: string;
  readonly principal?: Principal;
  readonly client?: Client;
  /** When the work has to be over, in milliseconds since the Unix epoch. Inner contexts can only bring it forward. */
  readonly deadline?: number;
  /** Aborts when the result is no longer needed. Combined with the signal of the outer context. */
  readonly signal?: AbortSignal;
  /** Makes `signal` when it is first read. A `signal` beside it is preferred. */
  readonly [lazySignal]?: { readonly signal: AbortSignal };
  readonly [member: string]: unknown;
}

// The prototype of contexts with a lazy signal: an accessor on each context would cost more than the signal itself.
const LAZY: object = Object.defineProperty({}, "signal", {
  get(this: Context): AbortSignal | undefined {
    return this[lazySignal]?.signal;
  },
  enumerable: true,
  configurable: true,
});
const NOTHING: Context = Object.freeze({});
// A wall clock may jump; the remaining time of a deadline is kept on the monotonic clock from the moment it is set.
// It lies on the context itself, unseen, because a WeakMap of so many short-lived keys costs the garbage collector dearly.
const MONOTONIC: unique symbol = Symbol.for("seaworthy.deadline");
interface HeldContext extends Context {
  readonly [MONOTONIC]?: number;
}
const storage = shared("context.v1", () => new AsyncLocalStorage<HeldContext>());

/** The context of the running code; an empty one outside `runWithContext`. It is frozen. */
export function currentContext(): Context {
  return storage.getStore() ?? NOTHING;
}

/**
 * Runs `fn` with a context that has the members of the current context and, before them, `fields`. It holds for every
 * promise, timer, stream and emitter that `fn` starts. Returns what `fn` returns. The earlier of two deadlines applies, and
 * signals are combined.
 *
 * @throws TypeError if `fields` is not an object, `deadline` is not a finite number, or `signal` is not an `AbortSignal`
 * @example
 * ```ts
 * import { currentContext, runWithContext } from "@seaworthy/core";
 * await runWithContext({ correlationId: "r-1" }, async () => {
 *   console.log(currentContext().correlationId); // "r-1"
 * });
 * ```
 */
export function runWithContext<T>(fields: Context, fn: () => T): T {
  if (typeof fields !== "object" || fields === null)
    throw new TypeError(`context fields must be an object; got ${showValue(fields)}`);
  const outer = storage.getStore();
  const lazy = fields[lazySignal] ?? outer?.[lazySignal];
  const inner: { -readonly [K in keyof Context]: Context[K] } =
    lazy === undefined ? { ...outer, ...fields } : { __proto__: LAZY, ...outer, ...fields };
  let deadline: number | undefined;
  if (fields.deadline !== undefined || outer?.deadline !== undefined) deadline = earliest(inner, fields, outer);
  if (fields.signal !== undefined) joinSignals(inner, fields.signal, outer?.signal);
  else if (lazy !== undefined && lazy !== outer?.[lazySignal] && outer?.signal !== undefined)
    Object.defineProperty(inner, "signal", { value: AbortSignal.any([lazy.signal, outer.signal]), enumerable: true });
  if (deadline !== undefined) Object.defineProperty(inner, MONOTONIC, { value: deadline });
  Object.freeze(inner);
  return storage.run(inner, fn);
}

function earliest(inner: { deadline?: unknown }, fields: Context, outer: HeldContext | undefined): number | undefined {
  const given = fields.deadline;
  if (given !== undefined && !Number.isFinite(given))
    throw new TypeError(`deadline must be epoch milliseconds; got ${String(given)}`);
  const own = given === undefined ? Number.POSITIVE_INFINITY : systemClock.monotonic() + (given - systemClock.now());
  const inherited = outer?.[MONOTONIC];
  if (inherited === undefined || own <= inherited) return own;
  inner.deadline = outer?.deadline;
  return inherited;
}

function joinSignals(inner: { signal?: unknown }, own: AbortSignal, outer: AbortSignal | undefined): void {
  if (typeof own?.addEventListener !== "function") throw new TypeError("signal must be an AbortSignal");
  if (outer !== undefined && outer !== own) inner.signal = AbortSignal.any([own, outer]);
}

/**
 * Runs `fn` in the current context without its deadline and its signal, for work whose result other requests need too, such
 * as a load that they share. Returns what `fn` returns.
 *
 * @example
 * ```ts
 * import { currentContext, runDetached, runWithContext } from "@seaworthy/core";
 * runWithContext({ correlationId: "r-1", signal: AbortSignal.timeout(10) }, () => {
 *   console.log(runDetached(() => currentContext())); // { correlationId: 'r-1' }
 * });
 * ```
 */
export function runDetached<T>(fn: () => T): T {
  const outer = storage.getStore();
  if (outer === undefined) return fn();
  const { deadline, [lazySignal]: lazy, ...rest } = outer;
  const inner: { -readonly [K in keyof HeldContext]: HeldContext[K] } = rest;
  // Not taken out above, because a lazy signal would be made.
  delete inner.signal;
  return storage.run(Object.freeze(inner), fn);
}

/**
 * Returns a function that runs `fn` in the current context, for callbacks that code of another context calls: a listener
 * of an emitter, a queue, a pool.
 *
 * @throws TypeError if `fn` is not a function
 */
export function bindContext<This, A extends unknown[], R>(
  fn: (this: This, ...args: A) => R,
): (this: This, ...args: A) => R {
  if (typeof fn !== "function") throw new TypeError(`fn must be a function; got ${showValue(fn)}`);
  const context = storage.getStore();
  return function (this: This, ...args: A): R {
    const run = (): R => fn.apply(this, args);
    return context === undefined ? storage.exit(run) : storage.run(context, run);
  };
}

/**
 * Returns the milliseconds until the deadline of the current context: negative if it has passed, `Infinity` if there is no
 * deadline. On the system clock, a jump of the wall clock does not change it.
 */
export function remainingTime(clock: Clock = systemClock): number {
  const context = storage.getStore();
  if (context?.deadline === undefined) return Number.POSITIVE_INFINITY;
  const due = context[MONOTONIC];
  return clock === systemClock && due !== undefined ? due - clock.monotonic() : context.deadline - clock.now();
}
