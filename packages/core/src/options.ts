import { type Clock, systemClock } from "./clock.ts";
import { type Duration, toMilliseconds } from "./duration.ts";
import { showValue } from "./internal/show-value.ts";
import { readMember } from "./objects.ts";

export { showValue };

/**
 * Refuses options that are not an object, and names that are not options, so that a mistyped option is not ignored.
 *
 * @param owner - the function that takes the options
 * @param known - the names of the options: the constant `OPTIONS` of the file
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
    throw new TypeError(`${owner}: options must be an object; got ${showValue(options)}`);
  }
  for (const name of Object.keys(options)) {
    if (!known.includes(name))
      throw new TypeError(`${owner} has no option ${showValue(name)}; it has ${known.join(", ")}`);
  }
}

/**
 * The option, or its default if it is `undefined`. Any other value is returned as it is: `null` does not mean "missing",
 * and the check of the option refuses it.
 *
 * @example
 * ```ts
 * import { integer, withDefault } from "@seaworthy/core/options";
 * const options: { attempts?: number } = {};
 * console.log(integer("attempts", withDefault(options.attempts, 3), 1, 10)); // 3
 * ```
 */
export function withDefault<T, D>(option: T, fallback: D): Exclude<T, undefined> | D {
  return option === undefined ? fallback : (option as Exclude<T, undefined>);
}

/**
 * Returns an integer from `least` to `most`. `Infinity` is admitted only if `most` is `Infinity`.
 *
 * @throws TypeError that names the option, its bounds and the value
 */
export function integer(name: string, value: unknown, least: number, most: number = Number.MAX_SAFE_INTEGER): number {
  const sound = typeof value === "number" && (Number.isSafeInteger(value) || value === Number.POSITIVE_INFINITY);
  if (!sound || value < least || value > most)
    throw new TypeError(`${name} must be an integer from ${least} to ${most}; got ${showValue(value)}`);
  return value;
}

/**
 * Returns a finite number from `least` to `most`.
 *
 * @throws TypeError that names the option, its bounds and the value
 */
export function finiteNumber(name: string, value: unknown, least: number, most: number): number {
  if (typeof value !== "number" || !Number.isFinite(value) || value < least || value > most)
    throw new TypeError(`${name} must be a number from ${least} to ${most}; got ${showValue(value)}`);
  return value;
}

/**
 * Returns the milliseconds of a duration that is longer than 0.
 *
 * @throws TypeError that names the option and the value
 */
export function positiveDuration(name: string, value: unknown): number {
  const milliseconds = toMilliseconds(value as Duration, name);
  if (milliseconds <= 0) throw new TypeError(`${name} must be more than 0; got ${showValue(value)}`);
  return milliseconds;
}

/**
 * Returns a boolean.
 *
 * @throws TypeError that names the option and the value
 */
export function flag(name: string, value: unknown): boolean {
  if (typeof value !== "boolean") throw new TypeError(`${name} must be a boolean; got ${showValue(value)}`);
  return value;
}

/**
 * Returns one of the given words.
 *
 * @throws TypeError that names the option, the words and the value
 */
export function oneOf<const W extends string>(name: string, value: unknown, words: readonly W[]): W {
  const found = words.find((word) => word === value);
  if (found === undefined) throw new TypeError(`${name} must be one of ${words.join(", ")}; got ${showValue(value)}`);
  return found;
}

/**
 * Returns a string of `least` to `most` UTF-16 units.
 *
 * @throws TypeError that names the option, its bounds and the value
 */
export function boundedString(name: string, value: unknown, least = 1, most = 1024): string {
  if (typeof value !== "string" || value.length < least || value.length > most)
    throw new TypeError(`${name} must be a string of ${least} to ${most} characters; got ${showValue(value)}`);
  return value;
}

/**
 * Returns a function, or `undefined` if the option is missing.
 *
 * @throws TypeError that names the option and the value
 */
export function optionalFunction<F>(name: string, value: F): F {
  return value === undefined ? value : requiredFunction(name, value);
}

/**
 * Returns a function.
 *
 * @throws TypeError that names the option and the value
 */
export function requiredFunction<F>(name: string, value: F): F {
  if (typeof value !== "function") throw new TypeError(`${name} must be a function; got ${showValue(value)}`);
  return value;
}

/**
 * Returns the clock, or the machine's own if the option is missing. A clock is recognized by its shape: an object with
 * `now()` and `monotonic()`, and `schedule()` if it has one.
 *
 * @throws TypeError that names the option and the value
 */
export function clockOption(name: string, value: Clock | undefined): Clock {
  if (value === undefined) return systemClock;
  const schedule = readMember(value, "schedule", null);
  if (typeof readMember(value, "now") !== "function" || typeof readMember(value, "monotonic") !== "function")
    throw new TypeError(`${name} must have now() and monotonic(); got ${showValue(value)}`);
  if (schedule !== undefined && typeof schedule !== "function")
    throw new TypeError(`${name}: schedule must be a function; got ${showValue(schedule)}`);
  return value;
}

/**
 * Returns the abort signal, or `undefined` if the option is missing. A signal is recognized by its shape, because one from
 * another realm is not an instance of this realm's `AbortSignal`.
 *
 * @throws TypeError that names the option and the value
 */
export function signalOption(name: string, value: AbortSignal | undefined): AbortSignal | undefined {
  if (value === undefined) return undefined;
  const fits =
    typeof readMember(value, "aborted") === "boolean" &&
    typeof readMember(value, "addEventListener") === "function" &&
    typeof readMember(value, "removeEventListener") === "function";
  if (!fits) throw new TypeError(`${name} must be an AbortSignal; got ${showValue(value)}`);
  return value;
}
