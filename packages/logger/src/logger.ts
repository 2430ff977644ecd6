import type { Bindings, ChildLoggerOptions, Logger as PinoLogger } from "pino";
import type { OperationOptions, OperationWork } from "./operation.ts";
import type { LimitedOptions, SampleOptions } from "./suppress.ts";
import type { Tail, TailFilter, TailOptions } from "./tail.ts";

/**
 * A pino logger, for use wherever one is taken, whose calls never throw, whatever they are given. It and its children
 * are one family: they share destinations, redaction and limits.
 */
export interface Logger extends PinoLogger, AsyncDisposable {
  /** A logger that adds these fields to its lines. With `options.level` it keeps that level when this one's changes. */
  child<C extends string = never>(bindings: Bindings, options?: ChildLoggerOptions<C>): Logger & PinoLogger<C>;
  /**
   * Measures some work: a line at debug when it starts, one at info with `durationMs` when it finishes, at warn when it
   * took as long as `slow`, at error when it fails. What the work throws is thrown on, the identical value.
   *
   * @throws TypeError when an argument is not as described
   */
  operation<T>(name: string, work: OperationWork<T>, options?: OperationOptions): Promise<T>;
  operation<T>(
    name: string,
    fields: Readonly<Record<string, unknown>> | undefined,
    work: OperationWork<T>,
    options?: OperationOptions,
  ): Promise<T>;
  /** Writes telemetry events as lines at their level, until the function returned is called or the logger closed. */
  observe(): () => void;
  /** The lines of this family from now on, parsed; bounded, so that a slow reader loses the oldest and never slows a writer. */
  tail(filter?: TailFilter, options?: TailOptions): Tail;
  /**
   * A child that writes a random share of its lines. Errors are always written; the next line written says in
   * `suppressed` how many were not.
   *
   * @throws TypeError when the rate is not from 0 to 1
   */
  sampled(options: SampleOptions): Logger;
  /**
   * A child that writes so many lines in a window. Errors are always written, unless `errors` is set; the next line
   * written says in `suppressed` how many were not.
   *
   * @throws TypeError when an option is not as described
   */
  limited(options: LimitedOptions): Logger;
  /** Says what is still suppressed, and waits until all lines are with the operating system and rotated files compressed. */
  close(): Promise<void>;
}
