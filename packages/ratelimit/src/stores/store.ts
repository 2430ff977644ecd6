/** One window of a limit, as stores see it. */
export interface LimitWindow {
  /**
   * `log` counts each cost until it is older than the window. `gcra` lets the usage drain evenly, at `limit` per window, and
   * admits as much at once as fits into `burst`.
   */
  readonly algorithm: "log" | "gcra";
  /** What may be consumed per window. */
  readonly limit: number;
  /** Milliseconds. No two windows of a call have the same length. */
  readonly window: number;
  /** What may be consumed at once; the limit itself for `log`. */
  readonly burst: number;
}

/** How much of a window is used. */
export interface WindowUsage {
  /** What was consumed and still counts. More than the limit after penalties. */
  readonly used: number;
  /** Milliseconds until nothing of it counts any more. */
  readonly resetAfter: number;
  /** Milliseconds until the amount of the call fits; 0 if it fits or did fit; `Infinity` if it never fits. */
  readonly retryAfter: number;
}

/** What a caller still knows of a key, for a store that may have lost it. */
export interface KnownUsage {
  /** The generation of the answer from which the caller knows it. */
  readonly generation: number;
  /** One per window of the call. */
  readonly windows: readonly Pick<WindowUsage, "used" | "resetAfter">[];
}

/** One operation on the counts of one key. */
export interface LimitCall {
  /** Keys of different limiters do not meet. */
  readonly limiter: string;
  /** Any string. */
  readonly key: string;
  /** From the shortest to the longest. The same array in every call, unless the limits of the key change. */
  readonly windows: readonly LimitWindow[];
  /**
   * - `consume` takes `amount` from all windows, or from none if one of them does not have it or the key is blocked.
   * - `peek` answers as `consume` would, and takes nothing.
   * - `add` takes `amount` in any case; a negative one is given back, to what was consumed last.
   * - `block` refuses everything for `amount` milliseconds from now, or longer if the key is blocked for longer; 0 ends it.
   * - `reset` forgets the usage and the block.
   *
   * The last three answer as a `peek` of 1.
   */
  readonly action: "consume" | "peek" | "add" | "block" | "reset";
  readonly amount: number;
  /** Taken first, in any case, as by `add`: what was consumed while the store could not be reached. */
  readonly owed?: number | undefined;
  /** If the store has lost the key since that generation, it restores at least this much. */
  readonly known?: KnownUsage | undefined;
}

/** The outcome of a {@link LimitCall}. */
export interface LimitAnswer {
  readonly allowed: boolean;
  /** Milliseconds for which the key is still blocked. */
  readonly blockedFor: number;
  /** One per window, after the operation. */
  readonly windows: readonly WindowUsage[];
  /** Another number after the store has lost the key; 0 if there is nothing to lose. */
  readonly generation: number;
}

/** One operation on the leases of one key. */
export interface LeaseCall {
  readonly limiter: string;
  readonly key: string;
  /** `renew` also brings back a lease that the store has lost. */
  readonly action: "acquire" | "renew" | "release";
  /** Unique id of the lease. */
  readonly holder: string;
  /** How many leases a key may have. */
  readonly limit: number;
  /** Milliseconds after which a lease ends that is not renewed. */
  readonly ttl: number;
}

/** The outcome of a {@link LeaseCall}. */
export interface LeaseAnswer {
  /** Whether the holder has a lease now. */
  readonly held: boolean;
  /** How many leases the key has now. */
  readonly inUse: number;
  /** Milliseconds until the next lease ends if it is not renewed; 0 if there are none. */
  readonly freeAfter: number;
}

/** Where counts and leases are kept. Every operation is atomic. */
export interface LimitStore {
  /** The `source` of its decisions, such as `"redis"`. */
  readonly source: string;
  /**
   * Whether the counts are in this process. Calls to any other store have a deadline, and there is a shadow of its counts for
   * the time in which it cannot be reached.
   */
  readonly local: boolean;
  apply(call: LimitCall): LimitAnswer | Promise<LimitAnswer>;
  lease(call: LeaseCall): LeaseAnswer | Promise<LeaseAnswer>;
}
