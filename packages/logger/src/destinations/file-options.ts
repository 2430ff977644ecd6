import type { ByteSize, Clock, Duration } from "@seaworthy/core";
import type { LogLevel } from "../level.ts";
import type { Destination } from "./destination.ts";

/** Options of `file()`. */
export interface FileOptions {
  /** Where the file is. Missing directories are made, with mode 0700. */
  path: string;
  /** Lines below are not written here. @default the logger's level */
  level?: LogLevel;
  /** When the file is set aside and a new one begun, always between two lines. @default never */
  rotate?: {
    /** Before the file would grow past this. A line that is longer has a file for itself. */
    size?: ByteSize;
    /** At multiples of this since 1970 in UTC, so that `"1d"` means midnight UTC; checked when a line is written. */
    every?: Duration;
  };
  /** Which rotated files are kept; the oldest go first. @default all */
  keep?: {
    /** How many, 1 or more. */
    files?: number;
    /** Since their last line. */
    age?: Duration;
    /** In all. With `rotate.size` the file being written is counted in, at its full size. */
    bytes?: ByteSize;
  };
  /**
   * Whether rotated files are compressed (gzip, in the background). A file that other processes write to as well is
   * compressed 3 seconds later, when they have followed the rotation. @default false
   */
  compress?: boolean;
  /** Permissions of the files. An existing file is changed to it. @default 0o600 */
  mode?: number;
  /** @default the logger's clock */
  clock?: Clock;
}

/** A file destination. */
export interface FileDestination extends Destination {
  readonly kind: "file";
  readonly path: string;
  /** Sets the file aside now. Never throws; a failure is told as an event, and lines go on in the old file. */
  rotate(): void;
  /** Opens the path anew, after another program has moved the file. Never throws. Without a call it is noticed within a second of writing. */
  reopen(): void;
}
