import { type ByteSize, type Duration, toBytes, toMilliseconds } from "@seaworthy/core";
import { checkOptions, finiteNumber, integer, positiveDuration, showValue } from "@seaworthy/core/options";
import type { HealthStatus } from "../check.ts";
import type { Thresholds } from "../thresholds.ts";

/** The kind of a measured quantity: how its thresholds are read, and in which direction it becomes worse. */
export interface Quantity<Value> {
  /** Checks one threshold and converts it to the unit of the measurement. */
  readonly read: (name: string, value: Value) => number;
  /** Whether lower values are worse. */
  readonly falling?: boolean;
}

/** A share from 0 to 1. */
export const SHARE: Quantity<number> = { read: (name, value) => finiteNumber(name, value, 0, 1) };
/** A time that an answer takes, above 0. */
export const LATENCY: Quantity<Duration> = { read: positiveDuration };
/** A count that should stay low. A threshold of 0 would always be reached. */
export const COUNT: Quantity<number> = { read: (name, value) => integer(name, value, 1) };
/** A count that should not fall. */
export const LEAST_COUNT: Quantity<number> = { read: (name, value) => integer(name, value, 0), falling: true };
/** A time that is left. */
export const TIME_LEFT: Quantity<Duration> = { read: (name, value) => toMilliseconds(value, name), falling: true };
/** A number of bytes that are left. */
export const BYTES_LEFT: Quantity<ByteSize> = { read: (name, value) => toBytes(value, name), falling: true };

const OPTIONS = ["degradedAt", "unhealthyAt"];

/** Thresholds that were checked and converted to numbers. */
export class Levels {
  readonly #degradedAt: number;
  readonly #unhealthyAt: number;
  /** 1 if higher values are worse, otherwise -1. */
  readonly #sign: 1 | -1;

  constructor(degradedAt: number, unhealthyAt: number, sign: 1 | -1) {
    this.#degradedAt = degradedAt;
    this.#unhealthyAt = unhealthyAt;
    this.#sign = sign;
  }

  /** The status that a measured value stands for. */
  statusOf(value: number): HealthStatus {
    const badness = value * this.#sign;
    if (badness >= this.#unhealthyAt) return "unhealthy";
    return badness >= this.#degradedAt ? "degraded" : "healthy";
  }
}

/**
 * Checks the pair `degradedAt` and `unhealthyAt` among the options of a check.
 *
 * @param prefix - what stands before the two names in messages
 * @throws TypeError if one of them is out of bounds, or if `unhealthyAt` is reached before `degradedAt`
 */
export function levelsOf<Value>(
  quantity: Quantity<Value>,
  given: Thresholds<Value>,
  defaults: Thresholds<Value> = {},
  prefix = "",
): Levels {
  const sign = quantity.falling === true ? -1 : 1;
  const read = (name: "degradedAt" | "unhealthyAt"): { at: number; text: string } => {
    const isGiven = given[name] !== undefined;
    const value = isGiven ? given[name] : defaults[name];
    const text = isGiven ? showValue(value) : `${showValue(value)} (the default)`;
    if (value === undefined || value === "never") return { at: Number.POSITIVE_INFINITY, text };
    return { at: quantity.read(prefix + name, value as Value) * sign, text };
  };
  const degraded = read("degradedAt");
  const unhealthy = read("unhealthyAt");
  // A degraded state that is switched off is not reached too late.
  if (degraded.at !== Number.POSITIVE_INFINITY && unhealthy.at < degraded.at)
    throw new TypeError(
      `${prefix}unhealthyAt must not be ${sign > 0 ? "below" : "above"} ${prefix}degradedAt; ` +
        `got ${unhealthy.text} and ${degraded.text}`,
    );
  return new Levels(degraded.at, unhealthy.at, sign);
}

/**
 * Checks the thresholds of one quantity of a check that measures several, such as `latency: { degradedAt: "200ms" }`.
 *
 * @throws TypeError if it is not an object with the two names, or if {@link levelsOf} throws
 */
export function levelsNamed<Value>(
  name: string,
  quantity: Quantity<Value>,
  given: Thresholds<Value> | undefined,
  defaults: Thresholds<Value> = {},
): Levels {
  const thresholds = given === undefined ? {} : given;
  checkOptions(name, thresholds, OPTIONS);
  return levelsOf(quantity, thresholds, defaults, `${name}.`);
}
