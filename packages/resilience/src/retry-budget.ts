import { type Clock, systemClock } from "@seaworthy/core";
import { checkOptions, finiteNumber, soundClock } from "@seaworthy/core/options";
import { errors } from "./errors.ts";
import { otherwise } from "./internal/options.ts";

/** Options of {@link retryBudget}. */
export interface RetryBudgetOptions {
  /** Repeated calls allowed per first call, 0 to 1. @default 0.2 */
  ratio?: number;
  /** Repeated calls a second that are allowed at the least, so that a quiet service can retry at all; 0 to 100 000. @default 10 */
  minimumPerSecond?: number;
  /** The most that may be saved up, 1 to 1 000 000. @default the larger of 10 and minimumPerSecond */
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
   * @throws RESILIENCE_BUDGET_SPENT when there is none
   */
  take(): void;
  /** Repeated calls that could be made now; a fraction is one being earned. */
  readonly balance: number;
}

const DEFAULTS = { ratio: 0.2, minimumPerSecond: 10, leastBurst: 10 } as const;
const KNOWN: readonly string[] = ["ratio", "minimumPerSecond", "burst", "clock"];
// Tenths add up to a little less than one.
const ROUNDING = 1e-9;

/**
 * A budget for repeated calls: `ratio` × the first calls, or `minimumPerSecond` × the seconds if that is more, besides
 * what was saved up (`burst` at most). So a dead upstream is hit with 1.2 × the offered load, however many attempts each
 * caller would make, as soon as that load is more than five times the floor.
 *
 * It is a pair of token buckets that own no timer; share one among all callers of an upstream.
 *
 * @throws TypeError when an option is out of bounds
 * @example
 * ```ts
 * import { retryBudget } from "@seaworthy/resilience";
 * const budget = retryBudget({ ratio: 0.2, minimumPerSecond: 1 });
 * console.log(budget.tryTake(), budget.tryTake()); // true false
 * ```
 */
export function retryBudget(options: RetryBudgetOptions = {}): RetryBudget {
  checkOptions("retryBudget", options, KNOWN);
  const { ratio = DEFAULTS.ratio, minimumPerSecond = DEFAULTS.minimumPerSecond, clock = systemClock } = options;
  finiteNumber("ratio", ratio, 0, 1);
  finiteNumber("minimumPerSecond", minimumPerSecond, 0, 100_000);
  const burst = otherwise(options.burst, Math.max(DEFAULTS.leastBurst, minimumPerSecond));
  finiteNumber("burst", burst, 1, 1_000_000);
  soundClock("clock", clock);
  return new TokenBuckets(ratio, minimumPerSecond, burst, clock);
}

/**
 * Either bucket may grant, and a grant is taken from both: what the floor gave has to be earned before the ratio gives
 * more. Only the earned one goes into debt, no deeper than it may be full.
 */
class TokenBuckets implements RetryBudget {
  readonly #ratio: number;
  readonly #perMillisecond: number;
  readonly #burst: number;
  readonly #clock: Clock;
  #earned = 0;
  #floor: number;
  #refilledAt: number;

  constructor(ratio: number, perSecond: number, burst: number, clock: Clock) {
    this.#ratio = ratio;
    this.#perMillisecond = perSecond / 1000;
    this.#burst = burst;
    this.#clock = clock;
    this.#floor = Math.min(burst, perSecond);
    this.#refilledAt = clock.monotonic();
  }

  deposit(): void {
    this.#earned = Math.min(this.#burst, this.#earned + this.#ratio);
  }

  tryTake(): boolean {
    if (this.balance < 1 - ROUNDING) return false;
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
    this.#refilledAt = now;
    this.#floor = Math.min(this.#burst, this.#floor + elapsed * this.#perMillisecond);
  }
}
