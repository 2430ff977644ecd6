import { createLogger, type LoggerOptions } from "./create-logger.ts";
import { LEVELS } from "./internal/level-numbers.ts";
import { toFormat } from "./internal/read-format.ts";
import { createReader } from "./internal/read-line.ts";
import type { LogLevel } from "./level.ts";
import type { Logger } from "./logger.ts";
import type { LogRecord } from "./record.ts";

/** Log lines caught in a test. It is a stream too, to be put among the `destinations` of a logger that the test makes. */
export interface CapturedLogs extends Disposable {
  /** A logger whose lines are caught, at every level. */
  readonly logger: Logger;
  /** The lines, parsed. */
  readonly records: readonly LogRecord[];
  /** The lines as they were written, without the line feed. */
  readonly lines: readonly string[];
  /** All lines as one text. */
  readonly text: string;
  /** The records of this level. */
  of(level: LogLevel): LogRecord[];
  /** The records with this message, or of which the function is true. */
  find(wanted: string | RegExp | ((record: LogRecord) => boolean)): LogRecord[];
  clear(): void;
  write(line: string): void;
}

/**
 * Catches what a logger writes. Options are those of `createLogger`; the level is `"trace"` unless given.
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
    of: (level: LogLevel) => records.filter((_, i) => read(lines[i] as string)?.level === LEVELS[level]),
    find: (wanted: string | RegExp | ((record: LogRecord) => boolean)) => records.filter(predicate(wanted)),
    clear,
    write: (line: string) => {
      lines.push(line.endsWith("\n") ? line.slice(0, -1) : line);
      records.push(JSON.parse(line) as LogRecord);
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
