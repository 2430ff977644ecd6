import { type Clock, systemClock } from "@seaworthy/core";
import { checkOptions, clockOption, finiteNumber, withDefault } from "@seaworthy/core/options";
import { errors } from "./errors.ts";

/** Options of {@link retryBudget}. */
export interface RetryBudgetOptions {
  /** Repeated calls allowed per first call, 0 to 1. @default 0.2 */
  ratio?: number;
  /**
   * Repeated calls per second that are allowed when there are hardly any first calls, so that a quiet service can retry at
   * all; 0 to 100 000. It shrinks as the load grows: at `n` first calls per second it is divided by `1 + n`.
   * @default 1
   */
  minimumPerSecond?: number;
  /** The most that may be saved up, 1 to 1 000 000; a quiet service saves at most 4, or `minimumPerSecond`. @default the larger of 10 and minimumPerSecond */
  burst?: number;
  /** @default systemClock */
  clock?: Clock;
}

/** What a set of callers may spend on repeated calls, together. */
export interface RetryBudget {
  /** Notes a first call, which earns `ratio` of a repeated one. */
  deposit(): void;
  /** Takes one repeated call, if there is one. */
  tryTake(): boolean;
  /**
   * Takes one repeated call, for loops of your own.
   * @throws RESILIENCE_BUDGET_SPENT if the budget is spent
   */
  take(): void;
  /** Repeated calls that could be made now; a fraction is one being earned. */
  readonly balance: number;
  /** Repeated calls per first call; for `explain()`. */
  readonly ratio?: number;
  /** Repeated calls that it refused since it was created. */
  readonly refused?: number;
}

const DEFAULTS = { ratio: 0.2, minimumPerSecond: 1, leastBurst: 10 } as const;
const OPTIONS: readonly string[] = ["ratio", "minimumPerSecond", "burst", "clock"];
// Enough for one call with five attempts in a quiet service, and little for a fleet of quiet processes.
const QUIET_SAVINGS = 4;
// The load is averaged over about so many milliseconds.
const LOAD_TIME = 10_000;
// Tenths add up to a little less than one.
const ROUNDING = 1e-9;

/**
 * Creates a budget for repeated calls: `ratio` per first call, and `minimumPerSecond` where there are hardly any first
 * calls, besides what was saved up (`burst` at most). An upstream that is down gets 1.2 times the offered load, however
 * many attempts each caller would make; in a fleet of many quiet processes it gets a little more.
 *
 * It is a pair of token buckets that own no timer; share one among all callers of an upstream.
 *
 * @throws TypeError if an option is out of bounds
 * @example
 * ```ts
 * import { retryBudget } from "@seaworthy/resilience";
 * const budget = retryBudget({ ratio: 0.2, minimumPerSecond: 1 });
 * console.log(budget.tryTake(), budget.tryTake()); // true false
 * ```
 */
export function retryBudget(options: RetryBudgetOptions = {}): RetryBudget {
  checkOptions("retryBudget", options, OPTIONS);
  const { ratio = DEFAULTS.ratio, minimumPerSecond = DEFAULTS.minimumPerSecond, clock = systemClock } = options;
  finiteNumber("ratio", ratio, 0, 1);
  finiteNumber("minimumPerSecond", minimumPerSecond, 0, 100_000);
  const burst = withDefault(options.burst, Math.max(DEFAULTS.leastBurst, minimumPerSecond));
  finiteNumber("burst", burst, 1, 1_000_000);
  clockOption("clock", clock);
  // Who sets the floor says how much there is to begin with.
  const start = options.minimumPerSecond ?? QUIET_SAVINGS;
  return new TokenBuckets({ ratio, perSecond: minimumPerSecond, burst, start, clock });
}

interface BucketOptions {
  readonly ratio: number;
  readonly perSecond: number;
  readonly burst: number;
  /** What the floor holds to begin with. */
  readonly start: number;
  readonly clock: Clock;
}

/**
 * Either bucket may grant, and a grant is taken from both: what the floor gave has to be earned before the ratio gives
 * more. Only the earned one goes into debt, no deeper than it may be full.
 */
class TokenBuckets implements RetryBudget {
  readonly ratio: number;
  refused = 0;
  readonly #perMillisecond: number;
  readonly #burst: number;
  readonly #clock: Clock;
  #earned = 0;
  #floor: number;
  #refilledAt: number;
  readonly #floorLimit: number;
  /** First calls since the last refill, and their average per second. */
  #deposits = 0;
  #load = 0;

  constructor({ ratio, perSecond, burst, start, clock }: BucketOptions) {
    this.ratio = ratio;
    this.#perMillisecond = perSecond / 1000;
    this.#burst = burst;
    this.#clock = clock;
    this.#floorLimit = perSecond === 0 ? 0 : Math.min(burst, Math.max(QUIET_SAVINGS, perSecond));
    this.#floor = Math.min(this.#floorLimit, start);
    this.#refilledAt = clock.monotonic();
  }

  deposit(): void {
    this.#deposits += 1;
    this.#earned = Math.min(this.#burst, this.#earned + this.ratio);
  }

  tryTake(): boolean {
    if (this.balance < 1 - ROUNDING) {
      this.refused += 1;
      return false;
    }
    this.#earned = Math.max(-this.#burst, this.#earned - 1);
    this.#floor = Math.max(0, this.#floor - 1);
    return true;
  }

  take(): void {
    if (!this.tryTake()) throw errors.RESILIENCE_BUDGET_SPENT({ balance: this.balance });
  }

  get balance(): number {
    this.#refill();
    return Math.max(this.#earned, this.#floor);
  }

  #refill(): void {
    const now = this.#clock.monotonic();
    const elapsed = Math.max(0, now - this.#refilledAt);
    if (elapsed === 0) return;
    this.#refilledAt = now;
    const share = 1 - Math.exp(-elapsed / LOAD_TIME);
    this.#load += share * ((this.#deposits / elapsed) * 1000 - this.#load);
    this.#deposits = 0;
    const earned = (elapsed * this.#perMillisecond) / (1 + this.#load);
    this.#floor = Math.min(this.#floorLimit, this.#floor + earned);
  }
}
