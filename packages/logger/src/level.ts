import { showValue } from "@seaworthy/core/options";

/** A level by its name, as pino has them; `"silent"` lets nothing through. */
export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";

/** The number of each level in the lines. */
export const LEVELS: Readonly<Record<LogLevel, number>> = Object.freeze({
  trace: 10,
  debug: 20,
  info: 30,
  warn: 40,
  error: 50,
  fatal: 60,
  silent: Number.POSITIVE_INFINITY,
});

/**
 * The level of this name, in either case.
 *
 * @throws TypeError when there is none
 */
export function toLevel(value: unknown, name: string): LogLevel {
  const level = typeof value === "string" ? value.toLowerCase() : undefined;
  if (level === undefined || !Object.hasOwn(LEVELS, level))
    throw new TypeError(`${name} must be one of ${Object.keys(LEVELS).join(", ")}; got ${showValue(value)}`);
  return level as LogLevel;
}
