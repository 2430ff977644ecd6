import type { Duration } from "@seaworthy/core";
import type { Bindings, ChildLoggerOptions, LogFn, Logger as PinoLogger } from "pino";
import type { LoggerHealth } from "./health.ts";
import type { LogLevel } from "./level.ts";
import type { RedactOptions } from "./redact.ts";
import type { LimitedOptions, SampleOptions } from "./suppress.ts";
import type { Tail, TailFilter, TailOptions } from "./tail.ts";

/** Level of the line that ends an operation. */
export type OperationEndLevel = "trace" | "debug" | "info" | "warn";

/** Options of `logger.operation()`. */
export interface OperationOptions {
  /** An operation that takes this long or longer ends in a warning. @default never */
  slow?: Duration;
  /** The level of the last line, unless the operation failed or was slow. @default "info" */
  level?: OperationEndLevel;
}

/** What an operation's function receives: a logger whose lines carry the operation's name and fields. */
export interface Operation extends Logger {
  /** Adds fields to the line that ends the operation. */
  set(fields: Readonly<Record<string, unknown>>): void;
  /** Milliseconds since it began. */
  elapsed(): number;
}

/** The work that is measured. */
export type OperationWork<T> = (operation: Operation) => T | PromiseLike<T>;

/** Options of `logger.child()`: those of pino, and redaction that is added to the parent's. */
export interface ChildOptions<C extends string = never> extends Omit<ChildLoggerOptions<C>, "redact"> {
  redact?: ChildLoggerOptions<C>["redact"] | readonly string[] | RedactOptions;
}

/** Options of `logger.observe()`. */
export interface ObserveOptions {
  /** Events below this level make no line, whatever the level of the logger. @default "info" */
  level?: LogLevel;
}

// What the placeholders of a message stand for; pino has the same type, but does not export it.
type Placeholders<M, Values extends unknown[] = []> = M extends `${infer _}%${infer Kind}${infer Rest}`
  ? Kind extends "d" | "i" | "f"
    ? Placeholders<Rest, [...Values, number]>
    : Placeholders<Rest, Kind extends "s" | "o" | "O" | "j" ? [...Values, unknown] : Values>
  : Values;

// An object, or what a `catch` clause has; a text or a number that no placeholder asks for is a mistake.
type Details<D> = unknown extends D ? unknown : object;

/** A method that logs at one level: pino's, which also takes an error or an object after the message. */
export interface LogMethod extends LogFn {
  /** An error becomes `err`; the members of another object become fields. What was caught may have the type `unknown`. */
  <M extends string, D>(message: M, ...values: [...Placeholders<M>, details: D & Details<D>]): void;
}

/**
 * A pino logger, for use wherever one is taken, whose calls never throw, whatever they are given. It and its children
 * are one family: they share destinations, redaction and limits.
 */
export interface Logger extends PinoLogger, AsyncDisposable {
  fatal: LogMethod;
  error: LogMethod;
  warn: LogMethod;
  info: LogMethod;
  debug: LogMethod;
  trace: LogMethod;
  /** Returns a logger that adds these fields to its lines. With `options.level` it keeps that level when this one's changes. */
  child<C extends string = never>(bindings: Bindings, options?: ChildOptions<C>): Logger & PinoLogger<C>;
  /**
   * Measures some work: a line at debug when it starts, one at info with `durationMs` when it finishes, at warn when it
   * took as long as `slow`, at error when it fails. What the work throws is thrown on, the identical value.
   *
   * @throws TypeError if an argument is not as described
   */
  operation<T>(name: string, work: OperationWork<T>, options?: OperationOptions): Promise<T>;
  operation<T>(
    name: string,
    fields: Readonly<Record<string, unknown>> | undefined,
    work: OperationWork<T>,
    options?: OperationOptions,
  ): Promise<T>;
  /**
   * Writes telemetry events of level info and above as lines at their level, until the returned function is called or the
   * logger is closed. Events below info are written only if `options.level` asks for them.
   *
   * @throws TypeError if an option is not as described
   */
  observe(options?: ObserveOptions): () => void;
  /** The lines of this family from now on, parsed; bounded, so that a slow reader loses the oldest and never slows a writer. */
  tail(filter?: TailFilter, options?: TailOptions): Tail;
  /**
   * A child that writes a random share of its lines. Errors are always written; the next line written says in
   * `suppressed` how many were not.
   *
   * @throws TypeError if the rate is not from 0 to 1
   */
  sampled(options: SampleOptions): Logger;
  /**
   * A child that writes so many lines in a window. Errors are always written, unless `errors` is set; the next line
   * written says in `suppressed` how many were not.
   *
   * @throws TypeError if an option is not as described
   */
  limited(options: LimitedOptions): Logger;
  /**
   * Returns whether the destinations take lines, what waits, what was lost and why. It can be given to the health package
   * as a check: `health.add("log", logger.health)`.
   */
  readonly health: () => LoggerHealth;
  /**
   * Says what is still suppressed, and waits until all lines are with the operating system and rotated files compressed.
   *
   * On a child, ends only what that child and its own children began: their observers, tails and suppression. The
   * destinations stay open for the rest of the family.
   */
  close(): Promise<void>;
}
