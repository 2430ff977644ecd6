import { type Duration, toMilliseconds } from "@seaworthy/core";
import { checkOptions } from "@seaworthy/core/options";
import { inRange, type Measure } from "./internal/measure.ts";
import type { Schema } from "./internal/zod.ts";

/** Options of {@link durationText}. */
export interface DurationTextOptions {
  /** The shortest that is let through. @default 0 */
  min?: Duration;
  /** The longest that is let through. @default `"365d"` */
  max?: Duration;
}

const MOST = "365d";
const MEASURE: Measure = {
  convert: (text) => toMilliseconds(text),
  code: "duration",
  message: "must be a duration such as 250ms, 30s or 1h30m",
};

/**
 * A schema for a length of time as text (`"250ms"`, `"30s"`, `"1h30m"`), which it gives out in milliseconds.
 *
 * Prevents the accident of a bare `30` that one side means in seconds and the other in milliseconds: text without a unit
 * is refused, and so are blanks, signs and exponents. Codes: `duration`, `too_big`, `too_small`.
 *
 * @throws TypeError when an option is no duration
 * @example
 * ```ts
 * import { durationText } from "@seaworthy/validators";
 * console.log(durationText({ max: "1h" }).parse("90s")); // 90000
 * ```
 */
export function durationText(options: DurationTextOptions = {}): Schema<number, string> {
  checkOptions("durationText", options, ["min", "max"]);
  const { min = 0, max = MOST } = options;
  return inRange(MEASURE, toMilliseconds(min, "min"), toMilliseconds(max, "max"), { min, max });
}
