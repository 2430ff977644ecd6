import { type Duration, toMilliseconds } from "@seaworthy/core";
import { boundedString, checkOptions, integer, oneOf, showValue } from "@seaworthy/core/options";
import type { LimitAlgorithm, RateLimit } from "../rate-limiter.ts";
import type { LimitWindow } from "../stores/store.ts";

/** The windows of a key, checked, from the shortest to the longest. */
export interface Plan {
  readonly windows: readonly LimitWindow[];
  /** Names of the windows, in their order. */
  readonly names: readonly string[];
}

const OPTIONS = ["limit", "window", "name", "algorithm", "burst"];
const ALGORITHMS = ["log", "gcra", "bucket"] as const;
const MOST_WINDOWS = 8;
const LARGEST = 1_000_000_000;
const LARGEST_LOG = 10_000;
const LARGEST_DEFAULT_LOG = 100;
const LONGEST_WINDOW = 400 * 86_400_000;
// Redis counts in microseconds, so it cannot distinguish more than one call per microsecond.
const MOST_PER_MILLISECOND = 1000;
const NAME = /^[A-Za-z0-9._-]{1,64}$/;

/** @throws TypeError if the windows are malformed, with their place in the array */
export function planOf(limits: readonly RateLimit[], algorithm: LimitAlgorithm | undefined): Plan {
  if (!Array.isArray(limits) || limits.length === 0 || limits.length > MOST_WINDOWS)
    throw new TypeError(`limits must be an array of 1 to ${MOST_WINDOWS} windows; got ${showLimits(limits)}`);
  const entries = limits
    .map((limit: RateLimit, index) => windowOf(limit, algorithm, `limits[${index}]`))
    .sort((a, b) => a.window.window - b.window.window);
  for (const [index, { window }] of entries.entries())
    if (window.window === entries[index + 1]?.window.window)
      throw new TypeError(`limits must not have two windows of the same length; got ${window.window} ms twice`);
  return { windows: entries.map(({ window }) => window), names: entries.map(({ name }) => name) };
}

/** @throws TypeError if it cannot be part of a key, a label or a header */
export function checkName(option: string, name: unknown): string {
  const text = boundedString(option, name, 1, 64);
  if (!NAME.test(text))
    throw new TypeError(`${option} must have only letters, digits, ".", "_" and "-"; got ${showValue(name)}`);
  return text;
}

function showLimits(limits: unknown): string {
  return Array.isArray(limits) ? `${limits.length}` : showValue(limits);
}

function windowOf(
  rule: RateLimit,
  inherited: LimitAlgorithm | undefined,
  where: string,
): { name: string; window: LimitWindow } {
  checkOptions(where, rule, OPTIONS);
  const limit = integer(`${where}.limit`, rule.limit, 1, LARGEST);
  const window = toMilliseconds(rule.window, `${where}.window`);
  if (window < 1 || window > LONGEST_WINDOW)
    throw new TypeError(`${where}.window must be from 1 ms to 400 days; got ${showValue(rule.window)}`);
  const algorithm = oneOf(`${where}.algorithm`, rule.algorithm ?? inherited ?? defaultFor(limit), ALGORITHMS);
  if (algorithm === "log" && limit > LARGEST_LOG)
    throw new TypeError(`${where}.limit must be at most ${LARGEST_LOG} with the algorithm "log"; got ${limit}`);
  if (limit / window > MOST_PER_MILLISECOND)
    throw new TypeError(`${where}.limit must be at most ${MOST_PER_MILLISECOND} per millisecond; got ${limit}`);
  if (rule.burst !== undefined && algorithm !== "bucket")
    throw new TypeError(`${where}.burst needs the algorithm "bucket"; got ${showValue(algorithm)}`);
  const burst = rule.burst === undefined ? limit : integer(`${where}.burst`, rule.burst, 1, LARGEST);
  const name = rule.name === undefined ? nameOf(limit, rule.window) : checkName(`${where}.name`, rule.name);
  return { name, window: { algorithm: algorithm === "log" ? "log" : "gcra", limit, window, burst } };
}

const defaultFor = (limit: number): LimitAlgorithm => (limit <= LARGEST_DEFAULT_LOG ? "log" : "gcra");

const nameOf = (limit: number, window: Duration): string =>
  `${limit}-per-${typeof window === "number" ? `${window}ms` : window}`;
