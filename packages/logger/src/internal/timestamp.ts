import { type Clock, systemClock } from "@seaworthy/core";

const THREE_DIGITS: readonly string[] = Array.from({ length: 1000 }, (_, n) => String(n).padStart(3, "0"));

/**
 * Returns a function that returns the time as ISO 8601 in UTC with six fractional digits. It never throws.
 *
 * The wall clock has a resolution of one millisecond, so that the microseconds come from the monotonic clock. The offset
 * between the two clocks is corrected only if the time that it leads to is outside the current millisecond of the wall
 * clock. In this way it converges, and follows corrections and jumps of the wall clock. The text up to the second is kept
 * from one call to the next.
 */
export function createTimestamp(clock: Clock = systemClock): () => string {
  let offset = 0;
  let second = Number.NaN;
  let prefix = "";
  const format = (): string => {
    const wall = clock.now();
    const monotonic = clock.monotonic();
    let time = monotonic + offset;
    if (!(time >= wall && time < wall + 1)) {
      time = time >= wall + 1 && time < wall + 2 ? wall + 0.999 : wall;
      offset = time - monotonic;
    }
    const whole = Math.floor(time);
    const current = Math.floor(whole / 1000);
    if (current !== second) {
      prefix = new Date(current * 1000).toISOString().slice(0, -4);
      second = current;
    }
    return `${prefix}${THREE_DIGITS[whole - current * 1000]}${THREE_DIGITS[Math.floor((time - whole) * 1000)]}Z`;
  };
  return () => {
    try {
      return format();
    } catch {
      return new Date().toISOString().replace("Z", "000Z"); // a clock that fails, or is beyond the year 275 760
    }
  };
}
