import type { Clock } from "@seaworthy/core";
import type { LineFormat } from "../line-format.ts";
import { createReader } from "../read-line.ts";
import { Fold } from "./fold.ts";
import { wantsColor } from "./paint.ts";
import { render } from "./render.ts";

/** Where the console's lines go. */
export interface ConsoleTarget {
  write(text: string): unknown;
}

/** Writes lines for people to one target. */
export interface ConsoleWriter {
  write(line: string): void;
  /** Writes what is held back. */
  flush(): void;
}

/** Makes a {@link ConsoleWriter} for lines of this format. */
export function createConsoleWriter(
  format: LineFormat,
  clock: Clock,
  isStdout: boolean,
  target: ConsoleTarget,
): ConsoleWriter {
  const terminal = isStdout && process.stdout.isTTY === true;
  const color = wantsColor(terminal, process.env);
  const columns = (): number | undefined => (terminal ? process.stdout.columns || undefined : undefined);
  const settings = { color, columns, shortIds: true, directory: process.cwd() };
  const read = createReader(format);
  const fold = new Fold(clock, color, (text) => void target.write(text));
  return {
    write: (line) => {
      const record = read(line);
      if (record === undefined) fold.pass(line);
      else fold.push(render(record, settings));
    },
    flush: () => fold.tell(),
  };
}
