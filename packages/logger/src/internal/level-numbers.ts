import { showValue } from "@seaworthy/core/options";
import type { LogLevel } from "../level.ts";

/** The number of each level, as it is in the lines. */
export const LEVELS: Readonly<Record<LogLevel, number>> = Object.freeze({
  trace: 10,
  debug: 20,
  info: 30,
  warn: 40,
  error: 50,
  fatal: 60,
  silent: Number.POSITIVE_INFINITY,
});

function isLevel(name: string): name is LogLevel {
  return Object.hasOwn(LEVELS, name);
}

/**
 * Returns the level of this name, in upper or lower case.
 *
 * @throws TypeError if there is no such level
 */
export function toLevel(value: unknown, name: string): LogLevel {
  const level = typeof value === "string" ? value.toLowerCase() : "";
  if (!isLevel(level))
    throw new TypeError(`${name} must be one of ${Object.keys(LEVELS).join(", ")}; got ${showValue(value)}`);
  return level;
}
