import { isObject } from "@seaworthy/core/objects";
import type { OutputLine } from "../target/process.ts";

/** A line of a structured log. */
export interface LogRecord {
  readonly time: boolean;
  readonly level: boolean;
  readonly message: boolean;
}

/** Names under which loggers write their facts: pino, winston, bunyan, ECS, OpenTelemetry, structlog, zap. */
const TIME = ["time", "timestamp", "ts", "@timestamp", "date", "asctime", "timeUnixNano", "t"];
const LEVEL = ["level", "severity", "lvl", "levelname", "log.level", "severityText", "severity_text"];
const MESSAGE = ["msg", "message", "event", "body"];

/** What a line of JSON says, or `undefined` if it is not an object. */
export function recordOf({ text }: OutputLine): LogRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(value)) return undefined;
  const has = (names: readonly string[]): boolean => names.some((name) => value[name] !== undefined);
  const isEcs = isObject(value.log) && value.log.level !== undefined;
  return { time: has(TIME), level: has(LEVEL) || isEcs, message: has(MESSAGE) };
}
