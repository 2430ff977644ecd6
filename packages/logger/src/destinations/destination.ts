import type { Clock } from "@seaworthy/core";
import { showValue } from "@seaworthy/core/options";
import { type LogLevel, toLevel } from "../level.ts";

/** What a destination learns from the logger that it is given to. */
export interface DestinationSetting {
  readonly clock: Clock;
  /** Called for lines that are lost for good. @param lines - how many. @default 1 */
  readonly onLost: (reason: string, lines?: number) => void;
  /** Called for the first write that fails, whose line waits. */
  readonly onFailed?: (reason: string) => void;
  /** Called for the first write that succeeds again, once no line waits. */
  readonly onRecovered?: () => void;
}

/** Where lines go: what `stdout()` and `file()` return. */
export interface Destination {
  readonly kind: "stdout" | "file";
  /** Lines below are not written here. @default the logger's level */
  readonly level?: LogLevel;
  /** @default the logger's `pretty` */
  readonly pretty?: boolean | "auto";
  /** How much waits in memory to be written. @default 0 */
  readonly waitingBytes?: number;
  /** Makes ready for writing; a logger does so when it is created. */
  open?(setting: DestinationSetting): void;
  /** Writes one line, which ends in a line feed. */
  write(line: string): void;
  /** Settles when all that was written is with the operating system, and nothing is left to do in the background. */
  flush?(): Promise<void>;
  /** Releases what is held. A later write opens it again. */
  close?(): Promise<void>;
}

/** Any stream that takes text: a Writable, a pino destination or transport. */
export interface LineStream {
  write(line: string): unknown;
}

/** A stream with a level of its own, as `pino.multistream` takes it. */
export interface StreamEntry {
  stream: LineStream;
  /** Lines below are not written here. @default the logger's level */
  level?: LogLevel;
}

/** Whatever the `destinations` option takes. */
export type AnyDestination = Destination | LineStream | StreamEntry;

/** A destination as the logger uses it. */
export interface Target {
  readonly kind: "stdout" | "file" | "stream";
  readonly level: LogLevel | undefined;
  readonly pretty: boolean | "auto" | undefined;
  readonly destination: Destination | undefined;
  readonly stream: LineStream;
}

/**
 * Reads one member of the `destinations` option.
 *
 * @throws TypeError when it has no `write`
 */
export function toTarget(given: unknown, name: string): Target {
  if (typeof given !== "object" || given === null)
    throw new TypeError(`${name} must be stdout(), file(…) or a stream; got ${showValue(given)}`);
  const value = given as Partial<Destination> & Partial<StreamEntry>;
  if (typeof value.write === "function") {
    const own = value.kind === "stdout" || value.kind === "file";
    const { level, pretty } = own ? value : {};
    const destination = own ? (given as Destination) : undefined;
    return {
      kind: own ? (value.kind as "stdout" | "file") : "stream",
      level,
      pretty,
      destination,
      stream: given as LineStream,
    };
  }
  if (typeof value.stream?.write !== "function")
    throw new TypeError(`${name} must be stdout(), file(…) or a stream; got an object without write`);
  const level = value.level === undefined ? undefined : toLevel(value.level, `${name}.level`);
  return { ...toTarget(value.stream, name), ...(level === undefined ? undefined : { level }) };
}
