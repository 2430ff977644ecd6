import { writeSync } from "node:fs";
import { isMainThread } from "node:worker_threads";
import { type ByteSize, systemClock, toBytes } from "@seaworthy/core";
import { withoutUndefined } from "@seaworthy/core/objects";
import { checkOptions, integer, oneOf } from "@seaworthy/core/options";
import { toLevel } from "../internal/level-numbers.ts";
import { toPretty } from "../internal/pretty-choice.ts";
import { BackgroundWriter } from "../internal/stdout/background-writer.ts";
import { TurnWriter } from "../internal/stdout/turn-writer.ts";
import { type Written, writeAll } from "../internal/write-all.ts";
import type { LogLevel } from "../level.ts";
import type { Destination, DestinationSetting } from "./destination.ts";

/** Options of {@link stdout}. */
export interface StdoutOptions {
  /** Lines below are not written here. @default the logger's level */
  level?: LogLevel;
  /** Lines for people in place of JSON: always, never, or where standard output is a terminal and `NODE_ENV` not `production`. @default the logger's `pretty` */
  pretty?: boolean | "auto";
  /**
   * When lines are written. `"line"`: each before the log call returns. `"turn"`: all lines of one turn of the event loop
   * at its end, in one system call, and when the process exits or receives a signal; only SIGKILL and a crash of Node.js
   * lose lines. `"background"`: as the reader takes them, so that the process never waits for a reader that has stalled;
   * what exceeds `buffer` is dropped and counted.
   * @default "line"
   */
  mode?: "line" | "turn" | "background";
  /** Only with `"background"`: how much waits in memory, 64 KiB or more. @default "1mb" */
  buffer?: ByteSize;
}

const OPTIONS = ["level", "pretty", "mode", "buffer"];
const MODES = ["line", "turn", "background"] as const;
const SMALLEST_BUFFER = 64 * 1024;
const BUSY = new Set(["EAGAIN", "EBUSY", "EINTR"]);

/**
 * Standard output. Unless `mode` says otherwise, each line has been handed to the operating system before the log call
 * returns, so that nothing is lost however the process ends; a reader that stops reading makes the process wait, as a
 * shell pipe does.
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
    throw new TypeError('stdout buffer has a meaning only with the mode "background"');
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

/** Writes all of a text before it returns. */
function createWrite(): (text: string) => void {
  const written: Written = { bytes: 0 };
  let gone = false;
  let isTorn = false;
  return (text) => {
    if (gone) return;
    if (isRedirected()) return void process.stdout.write(text);
    written.bytes = 0;
    try {
      // Standard output may be a file on a disk that was full: half a line must not run into the next one.
      if (isTorn) {
        writeAll(1, "\n", 1, written);
        isTorn = false;
        written.bytes = 0;
      }
      writeAll(1, text, Buffer.byteLength(text), written);
    } catch (error) {
      isTorn ||= written.bytes > 0;
      // The reader has gone for good; without this every later line would be told as lost.
      if ((error as NodeJS.ErrnoException).code === "EPIPE") gone = true;
      throw error;
    }
  };
}

/**
 * Whether lines have to go through the stream: its `write` was replaced, as test runners do, or this is a worker thread,
 * whose standard output its parent may capture.
 */
function isRedirected(): boolean {
  return !isMainThread || Object.hasOwn(process.stdout, "write");
}

function perTurn(): Part {
  let setting: DestinationSetting | undefined;
  const writer = new TurnWriter(createWrite(), (error, lines) => setting?.onLost(codeOf(error), lines));
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

/** What the system takes at once. Reading `process.stdout` has made Node.js open a pipe so that it never waits. */
function writeSome(bytes: Buffer): number {
  void process.stdout;
  try {
    return writeSync(1, bytes);
  } catch (error) {
    if (BUSY.has((error as NodeJS.ErrnoException).code ?? "")) return 0;
    throw error;
  }
}

function codeOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === "string" ? code : "error";
}
