import { createLogger, type LoggerOptions } from "./create-logger.ts";
import { LEVELS } from "./internal/level-numbers.ts";
import { toFormat } from "./internal/read-format.ts";
import { createReader } from "./internal/read-line.ts";
import type { LogLevel } from "./level.ts";
import type { Logger } from "./logger.ts";
import type { LogRecord } from "./record.ts";

/** Log lines that were captured in a test. It is also a destination, for a logger that the test creates itself. */
export interface CapturedLogs extends Disposable {
  /** A logger whose lines are captured, at every level. */
  readonly logger: Logger;
  /** The parsed lines. */
  readonly records: readonly LogRecord[];
  /** The lines as they were written, without line feeds. */
  readonly lines: readonly string[];
  /** All lines as one string. */
  readonly text: string;
  /** Returns the records of this level. */
  of(level: LogLevel): LogRecord[];
  /** Returns the records with this message, or those for which the function returns true. */
  find(wanted: string | RegExp | ((record: LogRecord) => boolean)): LogRecord[];
  clear(): void;
  write(line: string): void;
}

/**
 * Captures what a logger writes. The options are those of `createLogger`, and the default of `level` is `"trace"`.
 *
 * @example
 * ```ts
 * import { captureLogs } from "@seaworthy/logger/testing";
 * const logs = captureLogs();
 * logs.logger.info({ orderId: 7 }, "order accepted");
 * console.log(logs.records[0]?.orderId); // 7
 * ```
 */
export function captureLogs(options: Omit<LoggerOptions, "destinations"> = {}): CapturedLogs {
  const lines: string[] = [];
  const records: LogRecord[] = [];
  const read = createReader(toFormat(options.format, options.name));
  const clear = (): void => {
    lines.length = 0;
    records.length = 0;
  };
  const captured = {
    records,
    lines,
    get text() {
      return lines.join("\n");
    },
    of: (level: LogLevel) => records.filter((_, i) => read(lines[i] ?? "")?.level === LEVELS[level]),
    find: (wanted: string | RegExp | ((record: LogRecord) => boolean)) => records.filter(predicate(wanted)),
    clear,
    write: (line: string) => {
      lines.push(line.endsWith("\n") ? line.slice(0, -1) : line);
      const record: LogRecord = JSON.parse(line);
      records.push(record);
    },
    [Symbol.dispose]: clear,
  };
  const logger = createLogger({ level: "trace", pretty: false, ...options, destinations: [captured] });
  return Object.assign(captured, { logger });
}

function predicate(wanted: string | RegExp | ((record: LogRecord) => boolean)): (record: LogRecord) => boolean {
  if (typeof wanted === "function") return wanted;
  if (typeof wanted === "string") return (record) => record.msg === wanted;
  return (record) => typeof record.msg === "string" && wanted.test(record.msg);
}
