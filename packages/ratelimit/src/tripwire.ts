import type { Clock, Duration, Limiter } from "@seaworthy/core";
import type { RateLimitDecision, RateLimiterOptions } from "./rate-limiter.ts";

/** One rule of a tripwire. */
export interface TripwireRule {
  /** 1 to 32 letters, digits, `.`, `_` and `-`. */
  name: string;
  /** With which report within the period the rule is broken, 1 to 10 000. */
  reports: number;
  /** The period, 1 ms to 400 days. */
  within: Duration;
}

/** A key that broke a rule. */
export interface Trip {
  readonly key: string;
  /** Name of the rule. */
  readonly rule: string;
  /** Milliseconds for which the key is blocked; 0 if it is not. */
  readonly blockedFor: number;
}

/** Options of {@link createTripwire}. */
export interface TripwireOptions
  extends Pick<RateLimiterOptions, "store" | "onStoreFailure" | "storeTimeout" | "allowList"> {
  /** Label of the telemetry, and part of the keys in the store: 1 to 31 letters, digits, `.`, `_` and `-`. */
  name: string;
  /** 1 to 32 rules. */
  rules: readonly TripwireRule[];
  /** How long the tripwire refuses a key that broke a rule, up to 400 days. One of this and `onTrip` is needed. */
  blockFor?: Duration;
  /** Called once per trip, in the process whose report broke the rule. What it throws is a process warning. */
  onTrip?: (trip: Trip) => unknown;
  clock?: Clock;
}

/** Notices keys that do what honest clients do not do so often, such as to ask for paths that do not exist. */
export interface Tripwire extends Limiter, AsyncDisposable {
  readonly name: string;
  /**
   * Says that the key did what the rule watches.
   *
   * @returns the trip if this report broke the rule
   * @throws TypeError (as a rejection) if there is no such rule, or the key is malformed
   */
  report(key: string, rule: string): Promise<Trip | undefined>;
  /** Refuses a key that is blocked, and counts nothing: a limiter for `edge({ limits })`. */
  consume(key: string): Promise<RateLimitDecision>;
  /** Ends the block of a key, and forgets its reports. */
  release(key: string): Promise<void>;
  close(): Promise<void>;
}
