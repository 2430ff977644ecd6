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
  /** If the operation takes this long or longer, its last line has the level warn. @default never */
  slow?: Duration;
  /** The level of the last line, unless the operation failed or was slow. @default "info" */
  level?: OperationEndLevel;
}

/** The argument of the function of an operation: a logger whose lines have the name and the fields of the operation. */
export interface Operation extends Logger {
  /** Adds fields to the line that ends the operation. */
  set(fields: Readonly<Record<string, unknown>>): void;
  /** Returns the milliseconds since the operation began. */
  elapsed(): number;
}

/** The function whose work is measured. */
export type OperationWork<T> = (operation: Operation) => T | PromiseLike<T>;

/** Options of `logger.child()`: the options of pino, and redaction that is added to that of the parent. */
export interface ChildOptions<C extends string = never> extends Omit<ChildLoggerOptions<C>, "redact"> {
  redact?: ChildLoggerOptions<C>["redact"] | readonly string[] | RedactOptions;
}

/** Options of `logger.observe()`. */
export interface ObserveOptions {
  /** Events below this level are not written, whatever the level of the logger is. @default "info" */
  level?: LogLevel;
}

// The types of the values of the placeholders in a message. pino has the same type, but does not export it.
type Placeholders<M, Values extends unknown[] = []> = M extends `${infer _}%${infer Kind}${infer Rest}`
  ? Kind extends "d" | "i" | "f"
    ? Placeholders<Rest, [...Values, number]>
    : Placeholders<Rest, Kind extends "s" | "o" | "O" | "j" ? [...Values, unknown] : Values>
  : Values;

// An object, or the `unknown` of a `catch` clause. A string or a number without a placeholder is a mistake.
type Details<D> = unknown extends D ? unknown : object;

/** A method that logs at one level: the method of pino, which also accepts an error or an object after the message. */
export interface LogMethod extends LogFn {
  /** An error is written as `err`, and the members of another object as fields. A caught value may have the type `unknown`. */
  <M extends string, D>(message: M, ...values: [...Placeholders<M>, details: D & Details<D>]): void;
}

/**
 * A pino logger, which can be used wherever one is expected. Its log methods never throw, whatever their arguments are. It
 * and its children are one family, which shares destinations, redaction and limits.
 */
export interface Logger extends PinoLogger, AsyncDisposable {
  fatal: LogMethod;
  error: LogMethod;
  warn: LogMethod;
  info: LogMethod;
  debug: LogMethod;
  trace: LogMethod;
  /** Returns a logger that adds these fields to its lines. With `options.level`, it keeps its level if the level of this logger changes. */
  child<C extends string = never>(bindings: Bindings, options?: ChildOptions<C>): Logger & PinoLogger<C>;
  /**
   * Measures some work. It writes a line at debug when the work starts, and a line with `durationMs` when it ends: at info, at
   * warn if it took as long as `slow`, or at error if it failed. The value that the work throws is thrown again.
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
  /**
   * Returns the lines of this family from now on, parsed. The number of lines that wait has a limit: a slow reader loses the
   * oldest ones, and never slows a writer down.
   *
   * @throws TypeError if the filter or an option is not as described
   */
  tail(filter?: TailFilter, options?: TailOptions): Tail;
  /**
   * Returns a child that writes a random share of its lines. Errors are always written. The next line that is written has
   * the number of lines that were not written, as `suppressed`.
   *
   * @throws TypeError if the rate is not from 0 to 1
   */
  sampled(options: SampleOptions): Logger;
  /**
   * Returns a child that writes a limited number of lines per window. Errors are always written, unless `errors` is set. The
   * next line that is written has the number of lines that were not written, as `suppressed`.
   *
   * @throws TypeError if an option is not as described
   */
  limited(options: LimitedOptions): Logger;
  /**
   * Returns whether the destinations accept lines, how much waits, how much was lost, and why. It can be passed to the health
   * package as a check: `health.add("log", logger.health)`.
   */
  readonly health: () => LoggerHealth;
  /**
   * Reports what is still suppressed, flushes and closes the destinations, and waits for that, but no longer than
   * `closeTimeout`. It never rejects.
   *
   * On a child, it ends only the observers, tails and suppression of that child and of its own children. The destinations stay
   * open for the rest of the family.
   */
  close(): Promise<void>;
}
