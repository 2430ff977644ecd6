import { showValue } from "./internal/show-value.ts";

type Weeks = `${number}w`;
type Days = `${number}d`;
type Hours = `${number}h`;
type Minutes = `${number}m`;
type Seconds = `${number}s`;
type Milliseconds = `${number}ms`;
type BelowMinutes = Seconds | Milliseconds | `${Seconds}${Milliseconds}`;
type BelowHours = Minutes | BelowMinutes | `${Minutes}${BelowMinutes}`;
type BelowDays = Hours | BelowHours | `${Hours}${BelowHours}`;
type BelowWeeks = Days | BelowDays | `${Days}${BelowDays}`;

/**
 * A length of time: milliseconds, or a string of number and unit pairs, largest unit first, such as `"250ms"`, `"30s"`,
 * `"1h30m"`. The type refuses `"2sec"` at compile time; pass a plain `string` through {@link toMilliseconds}.
 */
export type Duration = number | Weeks | BelowWeeks | `${Weeks}${BelowWeeks}`;

const MILLISECONDS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
const ORDER = ["w", "d", "h", "m", "s", "ms"];
const LONGEST_TEXT = 64;
const PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d|w)/y;

/**
 * Turns a {@link Duration} into milliseconds.
 *
 * A number is a number of milliseconds, finite and not negative. A string has the units `ms`, `s`, `m`, `h`, `d`, `w`,
 * each at most once and from large to small; decimals are allowed (`"1.5s"`), blanks, signs and exponents are not. The largest
 * result is `Number.MAX_SAFE_INTEGER`.
 *
 * @param name - what the error calls the value; pass the option's name
 * @throws TypeError that names the option and the value, if the value is not a duration
 * @example
 * ```ts
 * import { toMilliseconds } from "@seaworthy/core";
 * console.log(toMilliseconds("1h30m")); // 5400000
 * ```
 */
export function toMilliseconds(duration: Duration | string, name = "duration"): number {
  const result = typeof duration === "string" ? parse(duration) : duration;
  if (typeof result !== "number" || !(result >= 0 && result <= Number.MAX_SAFE_INTEGER)) {
    throw new TypeError(
      `${name} must be a number of milliseconds from 0, or a string such as "250ms" or "1h30m"; got ${showValue(duration)}`,
    );
  }
  return result;
}

function parse(text: string): number {
  if (text.length === 0 || text.length > LONGEST_TEXT) return Number.NaN;
  let total = 0;
  let position = 0;
  let rank = -1;
  while (position < text.length) {
    PART.lastIndex = position;
    const part = PART.exec(text);
    if (part === null) return Number.NaN;
    const [, number, unit = ""] = part;
    const nextRank = ORDER.indexOf(unit);
    if (nextRank <= rank) return Number.NaN;
    rank = nextRank;
    total += Number(number) * (MILLISECONDS[unit] ?? Number.NaN);
    position = PART.lastIndex;
  }
  return total;
}
