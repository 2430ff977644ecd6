/** Counts of the memory tier. */
export interface MemoryStats {
  readonly hits: number;
  /** Stale values that were served. */
  readonly stale: number;
  readonly misses: number;
  /** `hits` and `stale` as a share of all lookups, 0 to 1; 0 without a lookup. */
  readonly hitRatio: number;
  readonly entries: number;
  /** An estimate. */
  readonly bytes: number;
}

/** Counts of the remote tier. */
export interface RemoteStats {
  /** The kind of store, such as `"redis"`. */
  readonly kind: string;
  /**
   * `synced`: changes by other processes are heard. `unsynced`: the store answers, but changes are not heard, so that each
   * lookup reads from the store. `unavailable`: only memory is used.
   */
  readonly state: "connecting" | "synced" | "unsynced" | "unavailable";
  readonly hits: number;
  readonly stale: number;
  readonly misses: number;
  /** `hits` and `stale` as a share of all reads that were answered, 0 to 1. */
  readonly hitRatio: number;
  /** Characters of the values that were read. */
  readonly readBytes: number;
  /** Characters of the values that were written. */
  readonly writtenBytes: number;
  readonly operations: number;
  /** Operations that failed or were not answered in time. */
  readonly errors: number;
  readonly timeouts: number;
  /** Values that were deleted because they could not be used. */
  readonly discarded: number;
  /** Values that could not be written, because they are too large or cannot be encoded. */
  readonly skipped: number;
}

/** Counts of loads. */
export interface LoadStats {
  readonly loads: number;
  readonly errors: number;
  readonly timeouts: number;
  /** Callers that waited for a load that another caller had begun. */
  readonly shared: number;
  /** Loads that were not needed, because another process loaded the value. */
  readonly spared: number;
  /** Milliseconds, all loads together. */
  readonly time: number;
  /** Loads that are under way. */
  readonly pending: number;
}

/** What `cache.stats()` returns. */
export interface CacheStats {
  readonly memory: MemoryStats;
  /** Missing without a remote tier. */
  readonly remote?: RemoteStats;
  readonly load: LoadStats;
}
