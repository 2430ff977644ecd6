import type { ByteSize, Duration } from "@seaworthy/core";
import type { CacheKeys } from "./keys.ts";
import type { CacheStore } from "./store.ts";

/** Options that every remote tier has. */
export interface RemoteTierOptions {
  /**
   * How long a call waits for the store, above 0; then it goes on without it. What a miss costs before its load begins
   * counts as one call. @default "50ms"
   */
  deadline?: Duration;
  /** Failures in a row after which the store is left alone for `retryAfter`, 1 or more. @default 3 */
  failures?: number;
  /** How long the store is left alone before it is tried again, above 0. @default "500ms" */
  retryAfter?: Duration;
  /**
   * While the store cannot be reached, how long a value that was loaded since may be served from memory, 0 or more. What was
   * in memory before is not served, because other processes may have changed it. @default "5s"
   */
  unsyncedTtl?: Duration;
  /** The lease for loads: one process loads, the others wait for its value. `false` lets every process load. */
  lease?: LeaseOptions | false;
  /** Values of this size and above are compressed. @default never */
  compressAbove?: ByteSize;
  /** Larger values stay in memory only, 1 or more. @default "8mib" */
  valueLimit?: ByteSize;
  /** Encrypts values with AES-256-GCM. @default they are not encrypted */
  encryption?: CacheKeys;
}

/** Options of the lease for loads. */
export interface LeaseOptions {
  /** How long after the end of its holder a lease ends, 100 ms or more. A holder that lives renews it. @default "2s" */
  ttl?: Duration;
  /** How long other processes wait for the holder before they load too, 0 or more. @default "10s" */
  wait?: Duration;
}

/** What several processes share, as `createCache` takes it. `redisTier()` makes one. */
export interface RemoteTier extends RemoteTierOptions {
  /** Opens the store of the cache of this name. All processes that open one name share its values. */
  open(name: string): CacheStore;
}
