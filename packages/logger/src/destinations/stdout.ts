import { writeSync } from "node:fs";
import { isMainThread } from "node:worker_threads";
import { type ByteSize, systemClock, toBytes } from "@seaworthy/core";
import { withoutUndefined } from "@seaworthy/core/objects";
import { checkOptions, integer, oneOf } from "@seaworthy/core/options";
import { toLevel } from "../internal/level-numbers.ts";
import { toPretty } from "../internal/pretty-choice.ts";
import { BackgroundWriter } from "../internal/stdout/background-writer.ts";
import { TurnWriter } from "../internal/stdout/turn-writer.ts";
import { codeOf } from "../internal/system-code.ts";
import { type WriteTarget, writeAll } from "../internal/write-all.ts";
import type { LogLevel } from "../level.ts";
import type { Destination, DestinationSetting } from "./destination.ts";

/** Options of {@link stdout}. */
export interface StdoutOptions {
  /** Lines below this level are not written here. @default the logger's level */
  level?: LogLevel;
  /** Whether lines are formatted for people; `"auto"` on a terminal, unless `NODE_ENV` is `production`. @default the logger's `pretty` */
  pretty?: boolean | "auto";
  /**
   * When lines are written. `"line"`: each line before the log call returns. `"turn"`: all lines of one turn of the event loop
   * at its end, in one system call, and when the process exits or receives a signal. Only SIGKILL and a crash of Node.js
   * lose lines. `"background"`: as fast as the reader reads, so that the process never waits for a reader that has stalled.
   * What exceeds `buffer` is dropped and counted.
   * @default "line"
   */
  mode?: "line" | "turn" | "background";
  /** How much waits in memory with the mode `"background"`, 64 KiB or more. @default "1mb" */
  buffer?: ByteSize;
}

const OPTIONS = ["level", "pretty", "mode", "buffer"];
const MODES = ["line", "turn", "background"] as const;
const SMALLEST_BUFFER = 64 * 1024;
const BUSY = new Set(["EAGAIN", "EBUSY", "EINTR"]);

/**
 * Standard output. By default, the operating system has received each line when the log call returns, so that nothing is
 * lost, however the process ends. If the reader stops reading, the process waits, as in a shell pipe.
 *
 * @throws TypeError if an option is not as described
 * @example
 * ```ts
 * import { createLogger, stdout } from "@seaworthy/logger";
 * const logger = createLogger({ destinations: [stdout({ mode: "turn" })] });
 * logger.info("written with the other lines of this turn");
 * ```
 */
export function stdout(options: StdoutOptions = {}): Destination {
  checkOptions("stdout", options, OPTIONS);
  const { level, pretty, mode = "line", buffer } = options;
  oneOf("stdout mode", mode, MODES);
  if (buffer !== undefined && mode !== "background")
    throw new TypeError('stdout buffer requires the mode "background"');
  const most =
    buffer === undefined ? 1_000_000 : integer("stdout buffer", toBytes(buffer, "stdout buffer"), SMALLEST_BUFFER);
  const part: Part = mode === "line" ? { write: createWrite() } : mode === "turn" ? perTurn() : inBackground(most);
  const settings = {
    kind: "stdout",
    ...withoutUndefined({
      level: level === undefined ? undefined : toLevel(level, "stdout level"),
      pretty: pretty === undefined ? undefined : toPretty(pretty, "stdout pretty"),
    }),
    get isTTY() {
      return process.stdout.isTTY === true;
    },
    get columns() {
      return process.stdout.columns;
    },
  };
  // Getters are copied as getters: what waits and the width of the terminal change.
  return Object.defineProperties(part, Object.getOwnPropertyDescriptors(settings));
}

type Part = Pick<Destination, "write" | "open" | "flush" | "flushSync" | "close" | "waitingBytes">;

/** Returns a function that writes all of a text before it returns. */
function createWrite(): (text: string) => void {
  const target: WriteTarget = { fd: 1, bytes: 0 };
  let isReaderLost = false;
  let isTorn = false;
  return (text) => {
    if (isReaderLost) return;
    if (isRedirected()) return void process.stdout.write(text);
    target.bytes = 0;
    try {
      // Standard output may be a file on a disk that was full: half a line must not run into the next one.
      if (isTorn) {
        writeAll("\n", 1, target);
        isTorn = false;
        target.bytes = 0;
      }
      writeAll(text, Buffer.byteLength(text), target);
    } catch (error) {
      isTorn ||= target.bytes > 0;
      // The reader does not come back. Without this, every later line would be reported as lost.
      if (codeOf(error) === "EPIPE") isReaderLost = true;
      throw error;
    }
  };
}

/**
 * Whether lines have to be written through the stream: because its `write` was replaced, as test runners do, or because this
 * is a worker thread, whose standard output may be captured by its parent.
 */
function isRedirected(): boolean {
  return !isMainThread || Object.hasOwn(process.stdout, "write");
}

function perTurn(): Part {
  let setting: DestinationSetting | undefined;
  const writer = new TurnWriter(createWrite(), (error, lines) => setting?.onLost(codeOf(error) ?? "error", lines));
  return {
    open: (given) => {
      setting = given;
    },
    write: (line) => writer.write(line),
    flushSync: writer.flush,
    flush: async () => writer.flush(),
    close: async () => writer.close(),
    get waitingBytes() {
      return writer.waitingBytes;
    },
  };
}

function inBackground(most: number): Part {
  let setting: DestinationSetting | undefined;
  let made: BackgroundWriter | undefined;
  const writer = (): BackgroundWriter =>
    (made ??= new BackgroundWriter({
      most,
      clock: setting?.clock ?? systemClock,
      write: writeSome,
      onLost: (reason, lines) => setting?.onLost(reason, lines),
    }));
  return {
    open: (given) => {
      setting = given;
    },
    write: (line) => {
      if (isRedirected()) process.stdout.write(line);
      else writer().write(line);
    },
    flush: () => writer().flush(),
    close: () => writer().close(),
    get waitingBytes() {
      return made?.waitingBytes ?? 0;
    },
  };
}

/** Writes what the system accepts at once. Reading `process.stdout` makes Node.js open a pipe in non-blocking mode. */
function writeSome(bytes: Buffer): number {
  void process.stdout;
  try {
    return writeSync(1, bytes);
  } catch (error) {
    if (BUSY.has(codeOf(error) ?? "")) return 0;
    throw error;
  }
}
