import type { Clock, Duration, LimitDecision, Limiter } from "@seaworthy/core";
import type { ProviderResponse } from "./provider-limits.ts";
import type { LimitStore } from "./stores/store.ts";

/** How the usage of a window is counted. */
export type LimitAlgorithm = "log" | "gcra" | "bucket";

/** One window of a limiter. */
export interface RateLimit {
  /** The cost that a key may consume per window, 1 to 1 000 000 000; with `log` 10 000 at most. */
  limit: number;
  /** The length of the window, 1 ms to 400 days. One limiter cannot have two windows of the same length. */
  window: Duration;
  /** Name of the policy in headers: 1 to 64 letters, digits, `.`, `_` and `-`. @default such as "5-per-60s" */
  name?: string;
  /** @default the limiter's */
  algorithm?: LimitAlgorithm;
  /** Only for `bucket`: the cost that may be consumed at once, 1 to 1 000 000 000. @default the limit */
  burst?: number;
}

/** The windows of a limiter, or a function that returns the windows of a key. */
export type RateLimits = readonly RateLimit[] | ((key: string) => readonly RateLimit[] | Promise<readonly RateLimit[]>);

/** Options of {@link createRateLimiter}. */
export interface RateLimiterOptions {
  /** Label of the telemetry, and part of the keys in the store: 1 to 64 letters, digits, `.`, `_` and `-`. */
  name: string;
  /**
   * 1 to 8 windows. A call is allowed if all of them have room for its cost, and is counted in all of them or in none. A
   * function returns the windows of a key, such as those of a customer's plan; the usage of the key is kept if they change.
   */
  limits: RateLimits;
  /**
   * - `log` remembers each call until it is older than the window: it never lets more than the limit through in any period of
   *   that length.
   * - `gcra` takes 16 bytes per key whatever the limit is, but a key that was idle can consume nearly twice the limit within one
   *   period: all at once, and then what drains.
   * - `bucket` is for calls to others: as `gcra`, with a `burst` of its own.
   * @default "log" for limits up to 100, "gcra" above
   */
  algorithm?: LimitAlgorithm;
  /** Where the counts are. @default a memory store of the limiter's own */
  store?: LimitStore;
  /**
   * What happens while a shared store cannot be reached.
   * - `memory` goes on with the counts that this process has kept beside it.
   * - `open` allows everything.
   * - `closed` rejects with `RATELIMIT_UNAVAILABLE`, status 503.
   * @default "memory"
   */
  onStoreFailure?: "memory" | "open" | "closed";
  /** How long a call to a shared store may take, more than 0. @default "50ms" */
  storeTimeout?: Duration;
  /** How many keys the counts beside a shared store are kept of, 1 to 10 000 000. @default 10_000 */
  shadowEntries?: number;
  /** Keys, addresses or subnets such as `"10.0.0.0/8"` that are always allowed and not counted. */
  allowList?: readonly string[];
  /**
   * Keys, addresses or subnets that are always refused. `allowList` is looked at first. A key that stands for a network,
   * such as those of `clientKey` for IPv6, is refused if the list has an address or a subnet of that network.
   */
  blockList?: readonly string[];
  /** How many calls may wait in `acquire`, 1 to 1 000 000. @default 1000 */
  maxWaiting?: number;
  clock?: Clock;
}

/** What a decision says of one window. */
export interface PolicyState {
  readonly name: string;
  readonly limit: number;
  /** Milliseconds. */
  readonly window: number;
  readonly remaining: number;
  /** Milliseconds until the whole limit is available again. */
  readonly resetAfter: number;
}

/** What a limiter decided about one call. `limit`, `remaining` and `resetAfter` are those of the tightest window. */
export interface RateLimitDecision extends LimitDecision {
  /**
   * Where the decision comes from: the store's name (`"memory"`, `"redis"`), `"memory"` or `"open"` while a shared store cannot
   * be reached, or `"allow-list"` and `"block-list"`.
   */
  readonly source: string;
  /** Whether the shared store could not be reached. */
  readonly degraded: boolean;
  /** All windows, from the shortest to the longest. */
  readonly policies: readonly PolicyState[];
  /** Names of the windows that did not have room for the cost. */
  readonly violated: readonly string[];
}

/** Options of {@link RateLimiter.acquire}. */
export interface AcquireOptions {
  /** 1 to 1 000 000 000. @default 1 */
  cost?: number;
  /** Ends the wait: the call rejects with the signal's reason. @default the context's */
  signal?: AbortSignal;
  /** How long the call may wait; the deadline of the context applies too. @default no limit */
  maxWait?: Duration;
}

/** Limits how much a key may do per time. */
export interface RateLimiter extends Limiter, AsyncDisposable {
  readonly name: string;
  /**
   * Takes `cost` from all windows of the key, or from none if one of them has less.
   *
   * @param cost - 1 to 1 000 000 000. @default 1
   * @throws TypeError (as a rejection) if the key is not a string of one character or more, or the cost is malformed
   * @throws RATELIMIT_UNAVAILABLE (as a rejection) if the store cannot be reached and `onStoreFailure` is `"closed"`
   */
  consume(key: string, cost?: number): Promise<RateLimitDecision>;
  /** What `consume` would decide now. Takes nothing. */
  peek(key: string, cost?: number): Promise<RateLimitDecision>;
  /** Takes `cost` in any case, also beyond the limit. @returns whether one more call would be allowed */
  penalize(key: string, cost?: number): Promise<RateLimitDecision>;
  /** Gives `cost` back, of what was consumed last. @returns whether one more call would be allowed */
  refund(key: string, cost?: number): Promise<RateLimitDecision>;
  /** Refuses every call of the key for this long from now. A longer block stays; 0 ends every block. */
  block(key: string, duration: Duration): Promise<void>;
  /** Forgets the usage of the key, and its block. */
  reset(key: string): Promise<void>;
  /**
   * Waits until the call is allowed, and takes its cost. Calls of one key get their turns in the order in which they came.
   *
   * @throws RATELIMIT_QUEUE_FULL (as a rejection) if `maxWaiting` calls wait already
   * @throws RATELIMIT_WAIT_TOO_LONG (as a rejection) if the turn comes later than `maxWait`
   * @throws RATELIMIT_COST_TOO_LARGE (as a rejection) if no window ever has room for the cost
   * @throws RATELIMIT_EXCEEDED (as a rejection) if the key is on the block list
   * @throws RATELIMIT_CLOSED (as a rejection) if the limiter is closed
   */
  acquire(key: string, options?: AcquireOptions): Promise<RateLimitDecision>;
  /**
   * Blocks the key for as long as the headers of a provider's response say, such as `Retry-After`.
   * @returns milliseconds of the block; 0 if the headers do not ask for one
   */
  heed(key: string, response: ProviderResponse): Promise<number>;
  /** Ends all waits in `acquire` and all timers. The store is not closed. */
  close(): Promise<void>;
}
