import { type Duration, toMilliseconds } from "@seaworthy/core";
import { type Measure, measureField } from "../internal/measure-field.ts";
import type { FieldSchema } from "../internal/zod.ts";

/** Options of {@link duration}. */
export interface DurationOptions {
  /** The shortest allowed duration. @default 0 */
  min?: Duration;
  /** The longest allowed duration. @default 2^53-1 milliseconds */
  max?: Duration;
}

const DURATION: Measure = {
  owner: "duration",
  expected: 'a duration such as "250ms", "30s" or "1h30m"',
  type: "number",
  convert: toMilliseconds,
  units: { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 },
};

/**
 * A length of time. The output is in milliseconds. The input is a number of milliseconds, or a string with units such as
 * `"250ms"`, `"30s"`, `"1h30m"`. A string without a unit is refused, because it does not say whether seconds are meant.
 *
 * For strings that clients send, use `durationText()` of `@seaworthy/validators`.
 *
 * @throws TypeError if an option is unknown or not a duration, or `min` is more than `max`
 * @example
 * ```ts
 * import { duration } from "@seaworthy/config";
 * console.log(duration({ max: "1m" }).parse("30s")); // 30000
 * ```
 */
export function duration(options: DurationOptions = {}): FieldSchema<number, Duration> {
  return measureField(DURATION, options);
}
