import type { Clock, Duration } from "@seaworthy/core";
import type { Operation, Runner, RunOptions } from "../call.ts";

/** What a breaker does with calls: lets them through, refuses them, tries a few, or refuses them because an operator said so. */
export type BreakerState = "closed" | "open" | "half-open" | "isolated";

/**
 * Whether a breaker enforces what it finds: `"enforcing"` refuses calls, `"metrics-only"` counts and changes its state but
 * refuses nothing, `"disabled"` lets every call through uncounted.
 */
export type BreakerMode = "enforcing" | "metrics-only" | "disabled";

/** Which ended calls count: those of a time, the last so many, or an unbroken row of failures. */
export type BreakerWindow = Duration | { readonly calls: number } | { readonly consecutive: number };

/** An open time that grows while the upstream stays down. */
export interface GrowingOpenTime {
  /** The first open time. */
  initial: Duration;
  /** Each next one is this many times longer, 1 to 100. @default 2 */
  factor?: number;
  /** The longest. @default "5m" */
  max?: Duration;
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
  /** Share of failures at or above which the breaker opens; more than 0, at most 1. Not for a consecutive window. @default 0.5 */
  failureRate?: number;
  /**
   * Calls that must have ended within the window before the breaker can open; the call that reaches the minimum can open it
   * even if it succeeded. 1 or more. Not for a consecutive window.
   * @default 10, or the size of a smaller count window
   */
  minimumCalls?: number;
  /**
   * Which ended calls count. A duration of 10 ms or more, in ten slices; `{ calls }` for the last so many calls, 1 to
   * 100 000; `{ consecutive }` to open at so many failures in a row, 1 to 1 000 000.
   * @default "10s"
   */
  window?: BreakerWindow;
  /**
   * How long the breaker stays open before it probes. A function is called once per opening, with 1 for the first one and
   * 2 if the probes then failed.
   * @default "30s"
   */
  openFor?: Duration | GrowingOpenTime | ((openings: number) => Duration);
  /** Share by which chance shortens the open time, 0 to 1, so that the processes of a fleet do not probe together. @default 0.1 */
  openJitter?: number;
  /** Calls that are let through as probes when it is half-open. 1 to 1000. @default 1 */
  probes?: number;
  /**
   * Share of failing probes at or above which it opens again, once all of them have ended; more than 0, at most 1.
   * @default none may fail: the first failing probe opens it
   */
  probeFailureRate?: number;
  /**
   * A probe that has not ended by then counts as failed. If it succeeds later while the breaker is open, it still counts as a
   * success.
   * @default the open time, or the timeout of the policy if that is longer
   */
  probeTimeout?: Duration;
  /**
   * How long the share of calls that are let through grows from a tenth to all, after the probes have succeeded; the state
   * is half-open meanwhile, and the breaker opens again by the rule of its window.
   * @default 0: it closes at once
   */
  ramp?: Duration;
  /** Opens on slowness too. @default off */
  slowCall?: SlowCallOptions;
  /**
   * Whether this error counts as a failure: `true` for a failure, `"success"` for an answer of a healthy upstream such as a
   * 404, `false` for an error that says nothing and is not counted.
   * @default every error is a failure, except an `AbortError`, which is not counted
   */
  isFailure?(error: unknown): boolean | "success";
  /**
   * Whether this result counts as a failure, although it is returned.
   * @default no result; in a policy, those that its `retryResult` takes for failures
   */
  isFailedResult?(value: unknown, attempt: number): boolean;
  /** Continues from a {@link Breaker.snapshot} of an earlier process; the time that has passed since counts. */
  restore?: BreakerSnapshot;
  /** Whether it refuses calls. @default "enforcing" */
  mode?: BreakerMode;
  /** @default systemClock */
  clock?: Clock;
  /** A number from 0 to 1, for `openJitter` and `ramp`. @default Math.random */
  random?: () => number;
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
  /** What the window holds, newest first, so that old calls stay old: `[calls, failures, slow]` per slice of so many milliseconds, or per call if that is 0. */
  readonly window?: { readonly slice: number; readonly samples: readonly (readonly [number, number, number])[] };
}

/** Why a breaker opened. */
export interface BreakerOpening {
  /** Too many failures, too many slow calls, failing probes, or `trip()`; `"restored"` if a snapshot said that it was open. */
  readonly reason: "failures" | "slow" | "probes" | "tripped" | "restored";
  /** Epoch milliseconds. */
  readonly at: number;
  readonly calls: number;
  readonly failures: number;
  readonly slow: number;
  readonly failureRate: number;
  readonly slowRate: number;
  /** The last error that counted as a failure, if there was one. */
  readonly lastError: unknown;
}

/** Figures of a breaker. */
export interface BreakerStats {
  readonly state: BreakerState;
  readonly mode: BreakerMode;
  /** Ended calls that count within the window; while open and half-open, those that opened it. The next four likewise. */
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
  /** Calls let through in the mode "metrics-only" that would have been refused, since it was created. */
  readonly wouldReject: number;
  /** Milliseconds until it probes; 0 unless open. */
  readonly openRemaining: number;
  /** Why it is open or half-open. */
  readonly reason: BreakerOpening["reason"] | undefined;
  /** The code, or else the name, of the last error that counted before it opened. */
  readonly lastError: string | undefined;
}

/** A change of state. */
export interface BreakerChange {
  readonly name: string;
  readonly from: BreakerState;
  readonly to: BreakerState;
  /** Epoch milliseconds. */
  readonly at: number;
  /** Why it opened, if `to` is `"open"`. */
  readonly opening?: BreakerOpening;
}

/** Stops calling an upstream that fails, and finds out by a few calls when it is back. */
export interface Breaker extends Runner {
  readonly name: string;
  readonly state: BreakerState;
  /**
   * Runs the operation, or refuses to.
   * @throws RESILIENCE_CIRCUIT_OPEN while open, or while all probes of half-open are under way; its cause is the last error
   * @throws RESILIENCE_ISOLATED while isolated
   */
  run<T>(operation: Operation<T>, options?: RunOptions): Promise<T>;
  readonly mode: BreakerMode;
  /** Why it is open or half-open; `undefined` while it is closed. */
  readonly opening: BreakerOpening | undefined;
  /** Rejects every call until the returned function is called. Several callers may isolate; each must release. */
  isolate(): () => void;
  /** Opens it now; after the open time it probes as usual. */
  trip(): void;
  /** Changes whether it refuses calls. */
  setMode(mode: BreakerMode): void;
  /** Closes it and forgets the window; isolation stays. */
  reset(): void;
  /** State for `restore` in the next process. Isolation belongs to an operator and is not kept. */
  snapshot(): BreakerSnapshot;
  stats(): BreakerStats;
  /** Calls the listener after each change. Returns a function that unsubscribes. A listener that throws is reported once. */
  onChange(listener: (change: BreakerChange) => void): () => void;
  /** Releases the breaker: ends its timers, listeners and gauge. Calls then go through uncounted. To close the circuit, use `reset`. */
  dispose(): void;
  [Symbol.asyncDispose](): Promise<void>;
}
