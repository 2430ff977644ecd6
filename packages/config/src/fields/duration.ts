import { type Duration, toMilliseconds } from "@seaworthy/core";
import { checkOptions } from "@seaworthy/core/options";
import { createField, type FieldSchema, refuse } from "../internal/zod.ts";

/** Options of {@link duration}. */
export interface DurationOptions {
  /** Shortest allowed. @default 0 */
  min?: Duration;
  /** Longest allowed. @default 2^53-1 milliseconds */
  max?: Duration;
}

/**
 * A length of time, as milliseconds: a number of them, or a string with units such as `"250ms"`, `"30s"`, `"1h30m"`. A string
 * without a unit is refused, since it does not say whether seconds are meant.
 *
 * @throws TypeError if an option is unknown or not a duration, or `min` is above `max`
 * @example
 * ```ts
 * import { duration } from "@seaworthy/config";
 * console.log(duration({ max: "1m" }).parse("30s")); // 30000
 * ```
 */
export function duration(options: DurationOptions = {}): FieldSchema<number, Duration> {
  checkOptions("duration", options, ["min", "max"]);
  const min = toMilliseconds(options.min ?? 0, "duration: min");
  const max = toMilliseconds(options.max ?? Number.MAX_SAFE_INTEGER, "duration: max");
  if (min > max) throw new TypeError(`duration: min must not be above max; got ${min} and ${max} ms`);
  const least = options.min === undefined ? "" : ` of at least ${durationText(min)}`;
  const most = options.max === undefined ? "" : ` of at most ${durationText(max)}`;
  const expected = `a duration such as "250ms", "30s" or "1h30m"${least}${least && most ? " and" : ""}${most}`;
  const json = { anyOf: [{ type: "string" }, { type: "number", minimum: min, maximum: max }] };
  const mark = { kind: "duration", expected, json, toText };
  return createField(mark, (value) => {
    const milliseconds = read(value);
    if (milliseconds !== undefined && milliseconds >= min && milliseconds <= max) return milliseconds;
    const hint = typeof value === "string" && /^\d+$/.test(value) ? { hint: "write a unit after the number" } : {};
    return refuse({ expected, ...hint });
  });
}

function read(value: unknown): number | undefined {
  try {
    return toMilliseconds(value as Duration);
  } catch {
    return undefined; // its message quotes the value
  }
}

function toText(value: unknown): string | undefined {
  return typeof value === "number" ? durationText(value) : undefined;
}

/** Milliseconds in the largest unit that divides them. */
function durationText(milliseconds: number): string {
  const units = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000 };
  for (const [unit, size] of Object.entries(units))
    if (milliseconds > 0 && milliseconds % size === 0) return `${milliseconds / size}${unit}`;
  return `${milliseconds}ms`;
}
