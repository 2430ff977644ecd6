import { checkOptions, showValue } from "@seaworthy/core/options";
import { type Written, writeAll } from "../internal/write-all.ts";
import { type LogLevel, toLevel } from "../level.ts";
import type { Destination } from "./destination.ts";

/** Options of {@link stdout}. */
export interface StdoutOptions {
  /** Lines below are not written here. @default the logger's level */
  level?: LogLevel;
  /** Lines for people in place of JSON: always, never, or where standard output is a terminal and `NODE_ENV` not `production`. @default the logger's `pretty` */
  pretty?: boolean | "auto";
}

/**
 * Standard output. Each line is with the operating system before the log call returns, so that nothing is lost however
 * the process ends; a reader that stops reading makes the process wait, as a shell pipe does.
 *
 * @throws TypeError when an option is not as described
 */
export function stdout(options: StdoutOptions = {}): Destination {
  checkOptions("stdout", options, ["level", "pretty"]);
  const { level, pretty } = options;
  const written: Written = { bytes: 0 };
  let gone = false;
  const write = (line: string): void => {
    if (gone) return;
    // Whoever has replaced the stream's write, such as a test runner, wants to see the lines.
    if (Object.hasOwn(process.stdout, "write")) return void process.stdout.write(line);
    try {
      writeAll(1, line, Buffer.byteLength(line), written);
    } catch (error) {
      // The reader has gone for good; without this every later line would be told as lost.
      if ((error as NodeJS.ErrnoException).code === "EPIPE") gone = true;
      throw error;
    }
  };
  return {
    kind: "stdout",
    ...(level === undefined ? undefined : { level: toLevel(level, "stdout level") }),
    ...(pretty === undefined ? undefined : { pretty: toPretty(pretty, "stdout pretty") }),
    write,
  };
}

/**
 * Reads a `pretty` option.
 *
 * @throws TypeError when it is something else than true, false or "auto"
 */
export function toPretty(value: unknown, name: string): boolean | "auto" {
  if (typeof value !== "boolean" && value !== "auto")
    throw new TypeError(`${name} must be true, false or "auto"; got ${showValue(value)}`);
  return value;
}

/** Whether lines for people are wanted. */
export function wantsPretty(pretty: boolean | "auto"): boolean {
  return pretty === "auto" ? process.stdout.isTTY === true && process.env.NODE_ENV !== "production" : pretty;
}
