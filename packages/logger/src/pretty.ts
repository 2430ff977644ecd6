import { checkOptions, flag, integer } from "@seaworthy/core/options";
import type { FormatOptions, FormatPreset } from "./format.ts";
import { render } from "./internal/console/render.ts";
import { toFormat } from "./internal/read-format.ts";
import { createReader } from "./internal/read-line.ts";

/** Options of {@link createPretty}. */
export interface PrettyOptions {
  /** Whether lines are colored. @default false */
  color?: boolean;
  /** Width at which lines are wrapped, 40 or more columns. @default lines are not wrapped */
  columns?: number;
  /** Whether ids are shown in full instead of their first eight characters. @default false */
  fullIds?: boolean;
  /** The `format` of the logger that writes the lines. @default "pino" */
  format?: FormatPreset | FormatOptions;
}

/**
 * Returns a function that formats a JSON line for people: the local time, the level unless it is info, the message,
 * `key=value` pairs, and the first characters of the correlation id. Telemetry events become sentences. An error has its
 * message above its frames, and frames of packages and of Node.js are folded. A logged value can neither begin a line of
 * its own nor reach the terminal as a control character. Text that is not a line of JSON is returned unchanged.
 *
 * @throws TypeError if an option is not as described
 * @example
 * ```ts
 * import { createPretty } from "@seaworthy/logger";
 * const pretty = createPretty();
 * console.log(pretty('{"level":40,"time":0,"msg":"sold out","stock":0}').endsWith("WARN sold out stock=0\n")); // true
 * ```
 */
export function createPretty(options: PrettyOptions = {}): (line: string) => string {
  checkOptions("createPretty", options, ["color", "columns", "fullIds", "format"]);
  const { color = false, columns, fullIds = false } = options;
  flag("color", color);
  flag("fullIds", fullIds);
  if (columns !== undefined) integer("columns", columns, 40);
  const read = createReader(toFormat(options.format, undefined));
  const settings = { color, columns: () => columns, shortIds: !fullIds, directory: process.cwd() };
  return (line) => {
    const record = read(line);
    return record === undefined ? line : render(record, settings).text;
  };
}
