import type { Clock } from "./clock.ts";
import { type Duration, toMilliseconds } from "./duration.ts";
import { show } from "./internal/show.ts";

/** How a refused value appears in a `TypeError`: short, on one line, its type visible, running none of the value's code. */
export function showValue(value: unknown): string {
  return show(value);
}

/**
 * Refuses options that are no plain object, and names that mean nothing, so that a mistyped option is not silently ignored.
 *
 * @param owner - the function that takes the options
 * @throws TypeError naming the owner and the option
 * @example
 * ```ts
 * import { checkOptions } from "@seaworthy/core/options";
 * try {
 *   checkOptions("createThing", { limt: 5 }, ["limit"]);
 * } catch (error) {
 *   console.log(String(error)); // TypeError: createThing has no option "limt"; it has limit
 * }
 * ```
 */
export function checkOptions(owner: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new TypeError(`${owner}: options must be an object; got ${show(options)}`);
  }
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw new TypeError(`${owner} has no option ${show(name)}; it has ${known.join(", ")}`);
  }
}

/**
 * A whole number from `least` to `most`. `Infinity` is one only where `most` is.
 * @throws TypeError naming the option, its bounds and the value got
 */
export function wholeNumber(
  name: string,
  value: unknown,
  least: number,
  most: number = Number.MAX_SAFE_INTEGER,
): number {
  const sound = typeof value === "number" && (Number.isSafeInteger(value) || value === Number.POSITIVE_INFINITY);
  if (!sound || value < least || value > most)
    throw new TypeError(`${name} must be a whole number from ${least} to ${most}; got ${show(value)}`);
  return value;
}

/**
 * A finite number from `least` to `most`.
 * @throws TypeError naming the option, its bounds and the value got
 */
export function finiteNumber(name: string, value: unknown, least: number, most: number): number {
  if (typeof value !== "number" || !Number.isFinite(value) || value < least || value > most) {
    throw new TypeError(`${name} must be a number from ${least} to ${most}; got ${show(value)}`);
  }
  return value;
}

/**
 * Milliseconds of a duration of more than nothing.
 * @throws TypeError naming the option and the value got
 */
export function positiveDuration(name: string, value: unknown): number {
  const milliseconds = toMilliseconds(value as Duration, name);
  if (milliseconds <= 0) throw new TypeError(`${name} must be more than 0; got ${show(value)}`);
  return milliseconds;
}

/**
 * `true` or `false`.
 * @throws TypeError naming the option and the value got
 */
export function flag(name: string, value: unknown): boolean {
  if (typeof value !== "boolean") throw new TypeError(`${name} must be true or false; got ${show(value)}`);
  return value;
}

/**
 * One of a list of words.
 * @throws TypeError naming the option, the words and the value got
 */
export function oneOf<const W extends string>(name: string, value: unknown, words: readonly W[]): W {
  if (!words.includes(value as W))
    throw new TypeError(`${name} must be one of ${words.join(", ")}; got ${show(value)}`);
  return value as W;
}

/**
 * Text of `least` to `most` UTF-16 units.
 * @throws TypeError naming the option, its bounds and the value got
 */
export function boundedText(name: string, value: unknown, least = 1, most = 1024): string {
  if (typeof value !== "string" || value.length < least || value.length > most) {
    throw new TypeError(`${name} must be text of ${least} to ${most} characters; got ${show(value)}`);
  }
  return value;
}

/**
 * A function, or `undefined` where it was left out.
 * @throws TypeError naming the option and the value got
 */
export function optionalFunction<F>(name: string, value: F): F {
  if (value !== undefined && typeof value !== "function")
    throw new TypeError(`${name} must be a function; got ${show(value)}`);
  return value;
}

/**
 * A function.
 * @throws TypeError naming the option and the value got
 */
export function requiredFunction<F>(name: string, value: F): F {
  if (typeof value !== "function") throw new TypeError(`${name} must be a function; got ${show(value)}`);
  return value;
}

/**
 * A clock: something with `now()` and `monotonic()`.
 * @throws TypeError naming the option and the value got
 */
export function soundClock(name: string, value: unknown): Clock {
  const clock = value as Partial<Clock> | null | undefined;
  if (typeof clock?.now !== "function" || typeof clock.monotonic !== "function")
    throw new TypeError(`${name} must have now() and monotonic(); got ${show(value)}`);
  return value as Clock;
}
