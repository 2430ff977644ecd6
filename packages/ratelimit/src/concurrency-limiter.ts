import type { Clock, Duration } from "@seaworthy/core";
import type { LimitStore } from "./stores/store.ts";

/** Options of {@link createConcurrencyLimiter}. */
export interface ConcurrencyLimiterOptions {
  /** Label of the telemetry, and part of the keys in the store: 1 to 64 letters, digits, `.`, `_` and `-`. */
  name: string;
  /** How many leases a key may have at the same time, 1 to 100 000. */
  limit: number;
  /**
   * After how long the lease of a process that died ends, 100 ms to 1 day. A process that lives renews its leases three times
   * in this period. @default "30s"
   */
  ttl?: Duration;
  /** Where the leases are. @default a memory store of the limiter's own */
  store?: LimitStore;
  /** As for `createRateLimiter`; with `memory`, the limit holds per process while the store cannot be reached. @default "memory" */
  onStoreFailure?: "memory" | "open" | "closed";
  /** How long a call to a shared store may take, more than 0. @default "50ms" */
  storeTimeout?: Duration;
  clock?: Clock;
}

/** Options of {@link ConcurrencyLimiter.acquire}. */
export interface LeaseOptions {
  /** How long the call may wait for a lease; 0 does not wait. @default 0 */
  maxWait?: Duration;
  /** Ends the wait: the call rejects with the signal's reason. @default the context's */
  signal?: AbortSignal;
}

/** The right to work, until it is released. */
export interface ConcurrencyLease extends AsyncDisposable {
  /** Aborts if the lease could not be renewed in time, so that another process may have it. */
  readonly signal: AbortSignal;
  /** Where the lease comes from, as in a decision. */
  readonly source: string;
  /** Gives the lease back. Never rejects, and may be called again. */
  release(): Promise<void>;
}

/** Limits how much work a key has running at the same time. */
export interface ConcurrencyLimiter extends AsyncDisposable {
  readonly name: string;
  /**
   * Resolves with a lease.
   *
   * @throws TypeError (as a rejection) if the key is not a string of one character or more
   * @throws RATELIMIT_BUSY (as a rejection) if all leases are taken
   * @throws RATELIMIT_UNAVAILABLE (as a rejection) if the store cannot be reached and `onStoreFailure` is `"closed"`
   * @throws RATELIMIT_CLOSED (as a rejection) if the limiter is closed
   */
  acquire(key: string, options?: LeaseOptions): Promise<ConcurrencyLease>;
  /** Runs `fn` with a lease, whose signal it gets, and gives the lease back. */
  run<T>(key: string, fn: (signal: AbortSignal) => Promise<T> | T, options?: LeaseOptions): Promise<T>;
  /** Releases all leases of this process, and ends all waits. */
  close(): Promise<void>;
}
