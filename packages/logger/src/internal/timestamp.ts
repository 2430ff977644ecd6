import { type Clock, systemClock } from "@seaworthy/core";

const THREE_DIGITS: readonly string[] = Array.from({ length: 1000 }, (_, n) => String(n).padStart(3, "0"));

/**
 * A function that tells the time as ISO 8601 in UTC with six fractional digits.
 *
 * The wall clock counts whole milliseconds, so the rest comes from the monotonic clock: an offset between the two is
 * moved only as far as the wall clock proves it wrong, which makes it converge, follow corrections and take jumps.
 * The text up to the second is kept from call to call. Never throws.
 */
export function createTimestamp(clock: Clock = systemClock): () => string {
  let offset = 0;
  let second = Number.NaN;
  let prefix = "";
  const tell = (): string => {
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
      return tell();
    } catch {
      return new Date().toISOString().replace("Z", "000Z"); // a clock that fails, or is beyond the year 275 760
    }
  };
}
