import { systemClock, toBytes, toMilliseconds } from "@seaworthy/core";
import { withoutUndefined } from "@seaworthy/core/objects";
import { checkOptions, clockOption, flag, integer, showValue } from "@seaworthy/core/options";
import type { FileDestination, FileOptions } from "../../destinations/file-options.ts";
import { toLevel } from "../level-numbers.ts";
import type { FileSystem } from "./file-system.ts";
import { FileWriter } from "./file-writer.ts";

const OPTIONS = ["path", "level", "rotate", "keep", "compress", "mode", "clock"];

/** Reads the options of `file()` and creates the destination on this file system. */
export function createFile(options: FileOptions, fs: FileSystem): FileDestination {
  checkOptions("file", options, OPTIONS);
  const { path, level, clock, compress = false, mode = 0o600 } = options;
  if (typeof path !== "string" || path === "" || path.includes("\0"))
    throw new TypeError(`file path must be a string that is not empty; got ${showValue(path)}`);
  if (!Number.isInteger(mode) || mode < 0o200 || mode > 0o777 || (mode & 0o200) === 0)
    throw new TypeError(`file mode must be permission bits that allow the owner to write; got ${showValue(mode)}`);
  clockOption("file clock", clock);
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
    // A file is for programs, also if `pretty: true` formats lines for people.
    pretty: false,
    ...withoutUndefined({ level: level === undefined ? undefined : toLevel(level, "file level") }),
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
