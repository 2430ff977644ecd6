import type { ByteSize, Clock, Duration } from "@seaworthy/core";
import type { LogLevel } from "../level.ts";
import type { Destination } from "./destination.ts";

/** Options of `file()`. */
export interface FileOptions {
  /** The path of the file. Missing directories are created with mode 0700. */
  path: string;
  /** Lines below this level are not written here. @default the logger's level */
  level?: LogLevel;
  /** When the file is renamed and a new one is started, always between two lines. @default never */
  rotate?: {
    /** Before the file would exceed this size. A longer line has a file for itself. */
    size?: ByteSize;
    /** At multiples of this since 1970 in UTC, 1 second or more: `"1d"` is midnight UTC. It is checked when a line is written. */
    every?: Duration;
  };
  /** Which rotated files are kept. The oldest ones are deleted first. @default all */
  keep?: {
    /** How many files, 1 or more. */
    files?: number;
    /** How long after their last line. */
    age?: Duration;
    /** How many bytes together. With `rotate.size`, the current file counts too, with its full size. */
    bytes?: ByteSize;
  };
  /**
   * Whether rotated files are compressed with gzip, in the background. If other processes write to the same path, a file is
   * compressed 3 seconds after its rotation, when they write to the new file. @default false
   */
  compress?: boolean;
  /** Permissions of the files. Those of an existing file are changed. @default 0o600 */
  mode?: number;
  /** @default the logger's clock */
  clock?: Clock;
}

/** A file destination. */
export interface FileDestination extends Destination {
  readonly kind: string;
  readonly path: string;
  /** Rotates the file now. Never throws. A failure is an event, and further lines are written to the old file. */
  rotate(): void;
  /** Opens the path again, after another program has moved the file. Never throws. Without a call, this is noticed within a second of writing. */
  reopen(): void;
}
