import type { Clock, Duration } from "@seaworthy/core";
import type { Breaker, BreakerOptions } from "./breaker/breaker.ts";
import type { Call } from "./call.ts";

/** One way to answer. */
export interface Tier<I, O> {
  /** Identifies the tier that answered; a metric label. */
  name: string;
  /** Answers. `null` and `undefined` are not an answer: the next tier is tried. `failures` are those of the tiers before. */
  run(input: I, call: Call, failures: readonly TierFailure[]): O | PromiseLike<O>;
  /** How long this tier may take; more than 0. @default no limit of its own */
  timeout?: Duration;
  /**
   * Skips the tier while it fails, so that one that hangs does not cost its timeout on every call: `true` for the defaults,
   * options, or a breaker that is shared. The open time and the ramp of the breaker are its hysteresis.
   */
  breaker?: true | Omit<BreakerOptions, "name" | "clock"> | Breaker;
}

/** Options of `tiers`. */
export interface TiersOptions<O> {
  /** Whether a value is an answer. @default all values but null and undefined are */
  accept?(value: O): boolean;
  /** How long all tiers together may take; more than 0. @default no limit of its own */
  timeout?: Duration;
  /** @default systemClock */
  clock?: Clock;
}

/** Why a tier did not answer. */
export interface TierFailure {
  readonly tier: string;
  readonly error: unknown;
}

/** An answer and where it came from. */
export interface TierAnswer<O> {
  readonly value: NonNullable<O>;
  readonly tier: string;
  /** Of the tiers before, in order; empty if the first one answered. */
  readonly failures: readonly TierFailure[];
}

/** Options of one run of `tiers`. */
export interface TierRunOptions {
  /** Ends the run at once, with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** Figures of one tier, since it was created. */
export interface TierStats {
  readonly tier: string;
  readonly answered: number;
  readonly failed: number;
  /** Times that a guard refused its call, such as its breaker or that of a policy in `run`; not among the failed. */
  readonly skipped: number;
  /** Share of all answers that it gave, 0 to 1. */
  readonly share: number;
  /** Mean time of its answers in milliseconds; 0 if it has not answered. */
  readonly latency: number;
  /** The state of its breaker, if it has one. */
  readonly breaker?: Breaker["state"];
}

/** Several ways to answer, best first: a function of the input, which is also its own `run`. */
export interface Tiers<I, O> {
  (input: I, options?: TierRunOptions): Promise<TierAnswer<O>>;
  readonly name: string;
  run(input: I, options?: TierRunOptions): Promise<TierAnswer<O>>;
  /** Figures of each tier, in order. */
  stats(): readonly TierStats[];
  /** Ends the timers and gauges of the breakers that were made for tiers. */
  dispose(): void;
}
