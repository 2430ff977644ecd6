import { type Duration, toMilliseconds } from "@seaworthy/core";
import { type Measure, measureText } from "./internal/measure.ts";
import type { Schema } from "./internal/zod.ts";

/** Options of {@link durationText}. */
export interface DurationTextOptions {
  /** The shortest accepted duration. @default 0 */
  min?: Duration;
  /** The longest accepted duration. @default "365d" */
  max?: Duration;
}

const DURATION: Measure = {
  owner: "durationText",
  convert: toMilliseconds,
  most: "365d",
  code: "duration",
  message: "must be a duration such as 250ms, 30s or 1h30m",
};

/**
 * A schema for a length of time as a string (`"250ms"`, `"30s"`, `"1h30m"`). The output is in milliseconds.
 *
 * Prevents a bare `30` from meaning seconds on one side and milliseconds on the other: a string without a unit is refused,
 * and so are white space, signs and exponents. Codes: `duration`, `too_big`, `too_small`.
 *
 * The field `duration()` of `@seaworthy/config` is for values of your own configuration: it also accepts a number of
 * milliseconds, and its errors name the variable and the file.
 *
 * @throws TypeError if an option is unknown or not a duration, or `min` is more than `max`
 * @example
 * ```ts
 * import { durationText } from "@seaworthy/validators";
 * console.log(durationText({ max: "1h" }).parse("90s")); // 90000
 * ```
 */
export function durationText(options: DurationTextOptions = {}): Schema<number, string> {
  return measureText(DURATION, options);
}
