import type { Duration } from "@seaworthy/core";
import type { Backoff, Jitter } from "./backoff.ts";
import type { RetryBudget } from "./retry-budget.ts";

/** How failed calls are repeated. */
export interface RetryOptions<T = unknown> {
  /** Calls in all, the first one included; 1 or more, `Infinity` allowed. @default 3 */
  attempts?: number;
  /** How the waits grow. @default "exponential" */
  backoff?: Backoff;
  /** The first wait, before jitter. @default "100ms" */
  initialDelay?: Duration;
  /** The longest wait, before jitter. @default "10s"; no limit if `backoff` is a function */
  maxDelay?: Duration;
  /** How chance spreads the waits. @default "full", and "none" when `backoff` is a function */
  jitter?: Jitter;
  /** How long one attempt may take; more than 0. @default no limit of its own */
  attemptTimeout?: Duration;
  /**
   * Whether to try again after this error; a promise is waited for, for instance until a token has been renewed.
   * @default all errors but refusals of these guards and an `AbortError`
   */
  retryIf?(error: unknown, attempt: number): boolean | PromiseLike<boolean>;
  /** Called before the wait for each retry. What it throws is reported once, as a process warning. */
  onRetry?(retry: RetryNotice): void;
  /** Whether this result counts as a failure. After the last attempt it is returned all the same. @default none does */
  retryResult?(value: T, attempt: number): boolean;
  /**
   * Whether to wait at least as long as the upstream asks, with up to a quarter more by chance: `true` for the headers
   * `retry-after-ms` and `Retry-After` and the members of known SDKs, or a function that returns the time for an outcome.
   * @default true
   */
  retryAfter?: boolean | ((outcome: unknown) => Duration | undefined);
  /** A demand beyond this ends the retries at once. @default "5m" */
  retryAfterLimit?: Duration;
  /** Shared among callers; without one left, the attempt's own failure is final. */
  budget?: RetryBudget;
  /** A number from 0 to 1, for the jitter. @default Math.random */
  random?: () => number;
}

/** A retry that was decided. */
export interface RetryNotice {
  /** Of the coming attempt: 2 for the first retry. */
  readonly attempt: number;
  /** The wait before it, in milliseconds. */
  readonly delay: number;
  /** What the last attempt threw. */
  readonly error: unknown;
  /** What the last attempt returned, if `retryResult` took that for a failure. */
  readonly result: unknown;
}
