import type { LogLevel } from "./level.ts";
import type { LogRecord } from "./record.ts";

/** Which lines a tail shows: a function, or an object whose members must all match. */
export type TailFilter = ((record: LogRecord) => boolean) | TailFilterOptions;

/** A filter of `logger.tail()` as an object. */
export interface TailFilterOptions {
  /** Lines below this level are not shown. @default every level that is logged */
  level?: LogLevel;
  /** The name of the service, or the `name` that a child logger is bound to. @default every name */
  name?: string;
  /** Any other member of the line, which must be equal. */
  [field: string]: unknown;
}

/** Options of `logger.tail()`. */
export interface TailOptions {
  /** How many lines wait for a slow reader, 1 or more. Beyond that, the oldest are dropped and counted. @default 1000 */
  capacity?: number;
  /** Ends the tail. */
  signal?: AbortSignal;
}

/**
 * The lines of a family of loggers, from the moment when the tail was made. They are the lines that the destinations
 * receive: cut, and with secrets blanked.
 */
export interface Tail extends AsyncIterable<LogRecord>, AsyncDisposable {
  /** How many lines were dropped because the reader was too slow. */
  readonly dropped: number;
  /** Ends the tail. Pending reads complete. */
  close(): void;
}
