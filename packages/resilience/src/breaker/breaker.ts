import type { Clock, Duration } from "@seaworthy/core";
import type { Operation, Runner, RunOptions } from "../call.ts";

/** What a breaker does with calls: lets them through, refuses them, tries a few, or refuses on an operator's word. */
export type BreakerState = "closed" | "open" | "half-open" | "isolated";

/** An open time that grows while the upstream stays down. */
export interface GrowingOpenTime {
  /** The first open time. */
  base: Duration;
  /** Each next one is this many times longer, 1 to 100. @default 2 */
  factor?: number;
  /** The longest. @default "5m" */
  cap?: Duration;
}

/** Calls that succeed but take too long. */
export interface SlowCallOptions {
  /** A call that takes this long or longer is slow. */
  duration: Duration;
  /** Share of slow calls, at or above which the breaker opens; more than 0, at most 1. @default 0.5 */
  rate?: number;
}

/** Options of `createBreaker`. */
export interface BreakerOptions {
  /** Label of events and reports. */
  name: string;
  /** Share of failures, at or above which the breaker opens; more than 0, at most 1. @default 0.5 */
  failureRate?: number;
  /**
   * Calls that must have ended within the window before it can open; the one that makes them up may open it even by
   * succeeding. 1 or more.
   * @default 10
   */
  minimumCalls?: number;
  /** How long an ended call counts, in ten slices; 10 ms or more. @default "10s" */
  window?: Duration;
  /** How long it stays open before it probes; a function gets 1 for the first opening, 2 when the probes then failed. @default "30s" */
  openFor?: Duration | GrowingOpenTime | ((openings: number) => Duration);
  /** Calls let through half-open; all must succeed for it to close. 1 to 1000. @default 1 */
  probes?: number;
  /** A probe that has not ended by then counts as failed. @default the open time */
  probeTimeout?: Duration;
  /** Opens on slowness too. @default off */
  slowCall?: SlowCallOptions;
  /** Whether this error counts as a failure; one that does not counts neither way. @default all do */
  isFailure?(error: unknown): boolean;
  /** Whether this result counts as a failure, though it is returned. @default none does */
  isFailedResult?(value: unknown): boolean;
  /** Goes on from an earlier life's {@link Breaker.snapshot}; time that has passed since is taken off the open time. */
  restore?: BreakerSnapshot;
  /** @default systemClock */
  clock?: Clock;
}

/** A breaker's state as plain JSON. */
export interface BreakerSnapshot {
  readonly name: string;
  readonly state: BreakerState;
  /** Epoch milliseconds at which it was taken. */
  readonly at: number;
  /** Milliseconds until it probes; 0 unless open. */
  readonly openRemaining: number;
  /** Openings since it was last closed. */
  readonly openings: number;
  readonly calls: number;
  readonly failures: number;
  readonly slow: number;
}

/** Figures of a breaker. */
export interface BreakerStats {
  readonly state: BreakerState;
  /** Ended calls that count within the window. */
  readonly calls: number;
  readonly failures: number;
  readonly slow: number;
  /** Share of failures, 0 to 1; 0 without calls. */
  readonly failureRate: number;
  /** Share of slow calls, 0 to 1. */
  readonly slowRate: number;
  /** Calls refused since it was created. */
  readonly rejected: number;
  /** Times it opened since it was created. */
  readonly opened: number;
  /** Milliseconds until it probes; 0 unless open. */
  readonly openRemaining: number;
}

/** A change of state. */
export interface BreakerChange {
  readonly name: string;
  readonly from: BreakerState;
  readonly to: BreakerState;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** Stops calling an upstream that fails, and finds out by a few calls when it is back. */
export interface Breaker extends Runner {
  readonly name: string;
  readonly state: BreakerState;
  /**
   * Runs the operation, or refuses to.
   * @throws RESILIENCE_CIRCUIT_OPEN while open, or while all probes of half-open are under way
   * @throws RESILIENCE_ISOLATED while isolated
   */
  run<T>(operation: Operation<T>, options?: RunOptions): Promise<T>;
  /** Refuses all calls until the function returned has been called, and that of everybody else who isolates. */
  isolate(): () => void;
  /** Closes it and forgets the window; isolation stays. */
  reset(): void;
  /** For `restore` in the next process. Isolation is an operator's and is not kept. */
  snapshot(): BreakerSnapshot;
  stats(): BreakerStats;
  /** Calls the listener after each change; the function returned ends that. A listener that throws is reported once. */
  onChange(listener: (change: BreakerChange) => void): () => void;
  /** Drops its timers and guards no more: calls go through uncounted. */
  close(): void;
  [Symbol.asyncDispose](): Promise<void>;
}
