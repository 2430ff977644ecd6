import { toMilliseconds } from "@seaworthy/core";
import { warnOfCallback } from "@seaworthy/core/listeners";
import { withoutUndefined } from "@seaworthy/core/objects";
import { checkOptions, integer, optionalFunction, positiveDuration, showValue } from "@seaworthy/core/options";
import { createRateLimiter } from "./create-rate-limiter.ts";
import { checkName } from "./internal/plan.ts";
import type { RateLimitDecision, RateLimiter, RateLimiterOptions } from "./rate-limiter.ts";
import { memoryLimitStore } from "./stores/memory-store.ts";
import { tripEvent } from "./telemetry.ts";
import type { Trip, Tripwire, TripwireOptions, TripwireRule } from "./tripwire.ts";

const OPTIONS = [
  "name",
  "rules",
  "blockFor",
  "onTrip",
  "store",
  "onStoreFailure",
  "storeTimeout",
  "allowList",
  "clock",
];
const RULE_OPTIONS = ["name", "reports", "within"];
const MOST_RULES = 32;
const MOST_REPORTS = 10_000;
const LONGEST_NAME = 31;
const LONGEST_RULE_NAME = 32;
const LONGEST_BLOCK = 400 * 86_400_000;

/**
 * Blocks keys that break a rule, such as clients that ask for many paths that do not exist. The reports and the blocks are in
 * the store, so that all processes that share it refuse the key.
 *
 * @throws TypeError if an option is malformed
 * @example
 * ```ts
 * import { createTripwire } from "@seaworthy/ratelimit";
 * const scanners = createTripwire({
 *   name: "scanners",
 *   rules: [{ name: "not-found", reports: 20, within: "1m" }, { name: "honeypot", reports: 1, within: "1h" }],
 *   blockFor: "1h",
 * });
 * await scanners.report("203.0.113.7", "honeypot");
 * console.log((await scanners.consume("203.0.113.7")).allowed); // false
 * ```
 */
export function createTripwire(options: TripwireOptions): Tripwire {
  checkOptions("createTripwire", options, OPTIONS);
  const name = checkName("name", options.name);
  if (name.length > LONGEST_NAME)
    throw new TypeError(`name must have at most ${LONGEST_NAME} characters; got ${showValue(name)}`);
  const { clock, onStoreFailure, storeTimeout, allowList } = options;
  const store = options.store === undefined ? memoryLimitStore(withoutUndefined({ clock })) : options.store;
  const common = withoutUndefined({ store, clock, onStoreFailure, storeTimeout, allowList });
  const onTrip = optionalFunction("onTrip", options.onTrip);
  const blockFor = options.blockFor === undefined ? 0 : positiveDuration("blockFor", options.blockFor);
  if (blockFor > LONGEST_BLOCK)
    throw new TypeError(`blockFor must be at most 400 days; got ${showValue(options.blockFor)}`);
  if (blockFor === 0 && onTrip === undefined) throw new TypeError("createTripwire needs blockFor, onTrip or both");
  const counters = countersOf(name, options.rules, common);
  // The windows do not matter: only blocks are looked at.
  const blocks = createRateLimiter({
    ...common,
    name,
    limits: [{ limit: MOST_REPORTS, window: "1s" }],
    algorithm: "gcra",
  });
  return new BlockingTripwire({ name, counters, blocks, blockFor, onTrip });
}

interface Parts {
  readonly name: string;
  readonly counters: ReadonlyMap<string, RateLimiter>;
  readonly blocks: RateLimiter;
  /** Milliseconds. */
  readonly blockFor: number;
  readonly onTrip: TripwireOptions["onTrip"];
}

class BlockingTripwire implements Tripwire {
  readonly name: string;
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.name = parts.name;
    this.#parts = parts;
  }

  async report(key: string, rule: string): Promise<Trip | undefined> {
    const { counters, blocks, blockFor, onTrip } = this.#parts;
    const counter = counters.get(rule);
    if (counter === undefined)
      throw new TypeError(`rule must be one of ${[...counters.keys()].join(", ")}; got ${showValue(rule)}`);
    const { allowed, remaining, source } = await counter.consume(key);
    // Of the reports of all processes, one takes the last place.
    if (!allowed || remaining > 0 || source === "allow-list" || source === "open") return undefined;
    if (blockFor > 0) await blocks.block(key, blockFor);
    await counter.reset(key);
    const trip = { key, rule, blockedFor: blockFor };
    if (tripEvent.active) tripEvent.emit({ tripwire: this.name, rule });
    if (onTrip !== undefined) this.#notify(onTrip, trip);
    return trip;
  }

  consume(key: string): Promise<RateLimitDecision> {
    return this.#parts.blocks.peek(key);
  }

  async release(key: string): Promise<void> {
    const { counters, blocks } = this.#parts;
    await Promise.all([blocks, ...counters.values()].map((limiter) => limiter.reset(key)));
  }

  async close(): Promise<void> {
    const { counters, blocks } = this.#parts;
    await Promise.all([blocks, ...counters.values()].map((limiter) => limiter.close()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #notify(onTrip: NonNullable<TripwireOptions["onTrip"]>, trip: Trip): void {
    const warn = (error: unknown): void =>
      warnOfCallback(onTrip, { name: `onTrip of the tripwire "${this.name}"`, code: "RATELIMIT_TRIP" }, error);
    try {
      Promise.resolve(onTrip(trip)).catch(warn);
    } catch (error) {
      warn(error);
    }
  }
}

function countersOf(
  tripwire: string,
  rules: readonly TripwireRule[],
  common: Omit<RateLimiterOptions, "name" | "limits">,
): ReadonlyMap<string, RateLimiter> {
  if (!Array.isArray(rules) || rules.length === 0 || rules.length > MOST_RULES)
    throw new TypeError(`rules must be an array of 1 to ${MOST_RULES} rules; got ${showValue(rules)}`);
  const counters = new Map<string, RateLimiter>();
  for (const [index, rule] of rules.entries()) {
    const where = `rules[${index}]`;
    checkOptions(where, rule, RULE_OPTIONS);
    const name = checkName(`${where}.name`, rule.name);
    if (name.length > LONGEST_RULE_NAME || counters.has(name))
      throw new TypeError(
        `${where}.name must be new and have at most ${LONGEST_RULE_NAME} characters; got ${showValue(name)}`,
      );
    const limit = integer(`${where}.reports`, rule.reports, 1, MOST_REPORTS);
    const window = toMilliseconds(rule.within, `${where}.within`);
    const limits = [{ limit, window, algorithm: "log" }] as const;
    counters.set(name, createRateLimiter({ ...common, name: `${tripwire}.${name}`, limits }));
  }
  return counters;
}
