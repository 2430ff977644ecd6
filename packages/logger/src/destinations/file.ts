import { type ByteSize, type Clock, type Duration, systemClock, toBytes, toMilliseconds } from "@seaworthy/core";
import { checkOptions, clockOption, flag, integer, showValue } from "@seaworthy/core/options";
import { type FileSystem, realFileSystem } from "../internal/file/file-system.ts";
import { FileWriter } from "../internal/file/file-writer.ts";
import { type LogLevel, toLevel } from "../level.ts";
import type { Destination } from "./destination.ts";

/** Options of {@link file}. */
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

/**
 * A file that rotates and loses nothing: each line is with the operating system before the log call returns, so an
 * exit, an exception, an unhandled rejection, SIGTERM and even SIGKILL cost no line. While the file cannot be written
 * (disk full, directory gone), up to 1 MiB of lines wait in memory and what exceeds that is counted.
 *
 * @throws TypeError when an option is not as described
 * @throws LOGGER_FILE_UNUSABLE from `createLogger` when the file cannot be opened
 * @example
 * ```ts
 * import { createLogger, file } from "@seaworthy/logger";
 * const logger = createLogger({
 *   name: "orders",
 *   destinations: [file({ path: "logs/orders.log", rotate: { size: "10mb" }, keep: { files: 5 }, compress: true })],
 * });
 * logger.info("ready");
 * await logger.close();
 * ```
 */
export function file(options: FileOptions): FileDestination {
  return createFile(options, realFileSystem);
}

/** {@link file} on this file system. */
export function createFile(options: FileOptions, fs: FileSystem): FileDestination {
  checkOptions("file", options, ["path", "level", "rotate", "keep", "compress", "mode", "clock"]);
  const { path, level, clock, compress = false, mode = 0o600 } = options;
  if (typeof path !== "string" || path === "" || path.includes("\0"))
    throw new TypeError(`file path must be text that is not empty; got ${showValue(path)}`);
  if (!Number.isInteger(mode) || mode < 0o200 || mode > 0o777 || (mode & 0o200) === 0)
    throw new TypeError(`file mode must be permission bits that let the owner write; got ${showValue(mode)}`);
  if (clock !== undefined) clockOption("file clock", clock);
  const rotate = readRotation(options.rotate);
  const writer = new FileWriter({
    path,
    mode,
    compress: flag("file compress", compress),
    ...rotate,
    keep: readKeep(options.keep, rotate.size),
    fs,
  });
  return {
    kind: "file",
    path,
    ...(level === undefined ? undefined : { level: toLevel(level, "file level") }),
    get waitingBytes() {
      return writer.waitingBytes;
    },
    open: (setting) => writer.open({ ...setting, clock: clock ?? setting.clock }),
    write: (line) => writer.write(line, clock ?? systemClock),
    rotate: () => writer.rotate(),
    reopen: () => writer.reopen(),
    flush: () => writer.flush(),
    close: () => writer.close(),
  };
}

function readRotation(rotate: FileOptions["rotate"] = {}): { size: number; every: number } {
  checkOptions("file rotate", rotate, ["size", "every"]);
  const size = rotate.size === undefined ? Number.POSITIVE_INFINITY : toBytes(rotate.size, "file rotate.size");
  const every =
    rotate.every === undefined ? Number.POSITIVE_INFINITY : toMilliseconds(rotate.every, "file rotate.every");
  if (size < 1) throw new TypeError(`file rotate.size must be 1 byte or more; got ${showValue(rotate.size)}`);
  if (every < 1000) throw new TypeError(`file rotate.every must be 1 second or more; got ${showValue(rotate.every)}`);
  return { size, every };
}

function readKeep(keep: FileOptions["keep"] = {}, size: number): { files: number; age: number; bytes: number } {
  checkOptions("file keep", keep, ["files", "age", "bytes"]);
  const none = Number.POSITIVE_INFINITY;
  const bytes = keep.bytes === undefined ? none : toBytes(keep.bytes, "file keep.bytes");
  return {
    files: keep.files === undefined ? none : integer("file keep.files", keep.files, 1),
    age: keep.age === undefined ? none : toMilliseconds(keep.age, "file keep.age"),
    bytes: Number.isFinite(bytes) && Number.isFinite(size) ? Math.max(0, bytes - size) : bytes,
  };
}
