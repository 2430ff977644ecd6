import type { Clock } from "@seaworthy/core";
import type { LogLevel } from "../level.ts";

/** A line that was taken apart, with the same names whatever the format of the logger is. */
export interface ParsedLine {
  /** The level as pino numbers it, or the word in the line if that word is unknown. */
  readonly level: number | string;
  /** The time as it is in the line. */
  readonly time: unknown;
  /** The name of the service. */
  readonly name: string | undefined;
  readonly message: string | undefined;
  readonly correlationId: string | undefined;
  /** Fields and bindings. An error has the member names that it has in pino's format. */
  readonly fields: Record<string, unknown>;
}

/** What a destination receives from its logger in `open()`. */
export interface DestinationSetting {
  /** The clock of the logger. */
  readonly clock: Clock;
  /** Reports lines that are lost for good. @param reason - a short word, such as a system error code. @param lines - how many. @default 1 */
  readonly onLost: (reason: string, lines?: number) => void;
  /** Reports that lines cannot be written now and wait. */
  readonly onFailed: (reason: string) => void;
  /** Reports that lines can be written again after `onFailed`. */
  readonly onRecovered: () => void;
  /** Takes a line of this logger apart. Returns `undefined` for text that is not a line. */
  readonly parse: (line: string) => ParsedLine | undefined;
  /** Makes a line in the format and with the redaction of this logger, for what a destination has to say itself. */
  readonly format: (level: number, fields: object, message: string) => string;
}

/** What `health()` of a destination returns. */
export interface DestinationHealth {
  readonly status: "healthy" | "degraded";
  /** Why it is degraded, in a word. */
  readonly reason?: string;
}

/**
 * A place where lines go. Only `write` is required. Whatever a destination throws, and every promise that rejects, stays
 * inside the logger and is counted.
 */
export interface Destination {
  /** A short name for events and warnings, of at most 64 letters, digits, `_`, `.`, `:` and `-`. @default "stream" */
  readonly kind?: string;
  /** Lines below this level are not written here. @default the logger's level */
  readonly level?: LogLevel;
  /** Whether lines are formatted for people. @default the logger's `pretty` */
  readonly pretty?: boolean | "auto";
  /** Whether this is a terminal, which `pretty: "auto"` depends on. @default false */
  readonly isTTY?: boolean;
  /** Width of the terminal. @default lines are not wrapped */
  readonly columns?: number | undefined;
  /** How many bytes wait in memory to be written. @default 0 */
  readonly waitingBytes?: number;
  /**
   * Called once, when the logger is created, before the first line. If it throws, `createLogger` throws the same error.
   * If it returns a promise, lines may arrive before that promise settles.
   */
  open?(setting: DestinationSetting): unknown;
  /**
   * Writes one line, which ends in a line feed. It should return at once. If it throws, or returns a promise that rejects,
   * the line counts as lost.
   *
   * @param level - the level of the line as pino numbers it
   */
  write(line: string, level: number): unknown;
  /** Writes what waits before it returns, if that is possible. Called after a line of level fatal. */
  flushSync?(): unknown;
  /** Resolves when everything written so far is out and no background work is left. */
  flush?(): unknown;
  /** Flushes and releases everything. A later `write` must work or throw. */
  close?(): unknown;
  /** Returns whether lines are accepted now. @default whether the last write worked */
  health?(): DestinationHealth;
}

/** A stream that accepts strings: a Writable, a pino destination or a pino transport. */
export interface LineStream {
  // A call signature here would keep TypeScript from inferring the parameters of a destination that is written in place.
  readonly write: object;
  on(event: "error", listener: (error: Error) => void): unknown;
}

/** A stream or destination with a level of its own, as `pino.multistream` accepts it. */
export interface StreamEntry {
  stream: LineStream | Destination;
  /** Lines below this level are not written here. @default the destination's own level, or the logger's */
  level?: LogLevel;
}

/** Everything that the `destinations` option accepts. */
export type AnyDestination = Destination | LineStream | StreamEntry;
