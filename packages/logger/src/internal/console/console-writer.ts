import type { Clock } from "@seaworthy/core";
import type { LineFormat } from "../line-format.ts";
import { createReader } from "../read-line.ts";
import { Fold } from "./fold.ts";
import { wantsColor } from "./paint.ts";
import { render } from "./render.ts";

/** Writes lines for people to one destination. */
export interface ConsoleWriter {
  write(line: string): void;
  /** Writes what is held back. */
  flush(): void;
}

/** Options of {@link createConsoleWriter}. */
export interface ConsoleWriterOptions {
  /** The format of the lines. */
  readonly format: LineFormat;
  readonly clock: Clock;
  /** The terminal, if it is one. */
  readonly terminal: { readonly isTTY?: boolean; readonly columns?: number | undefined };
  readonly write: (text: string) => void;
}

/** Creates a {@link ConsoleWriter}. */
export function createConsoleWriter({ format, clock, terminal, write }: ConsoleWriterOptions): ConsoleWriter {
  const isTerminal = terminal.isTTY === true;
  const color = wantsColor(isTerminal, process.env);
  const columns = (): number | undefined => (isTerminal ? terminal.columns || undefined : undefined);
  const settings = { color, columns, shortIds: true, directory: process.cwd() };
  const read = createReader(format);
  const fold = new Fold(clock, color, write);
  return {
    write: (line) => {
      const record = read(line);
      if (record === undefined) fold.pass(line);
      else fold.push(render(record, settings));
    },
    flush: () => fold.report(),
  };
}
