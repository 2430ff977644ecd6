import type { ByteSize, Clock, Duration } from "@seaworthy/core";
import type { Codec } from "./codec.ts";
import type { RemoteTier } from "./remote-tier.ts";

/** The bounds of the memory tier. */
export interface MemoryOptions {
  /** 1 to 10 000 000. @default 10_000 */
  entries?: number;
  /** Estimated size of all values, 1 or more; the least recently used go first. @default "64mib" */
  bytes?: ByteSize;
}

/** How long a load may take. */
export interface LoadTimeouts {
  /** After this time, a caller gets the stale value, if `staleIfError` still admits one; the load goes on. @default never */
  soft?: Duration;
  /** After this time, the load is aborted and counts as failed. @default "30s" */
  hard?: Duration;
}

/** Options of `createCache`. */
export interface CacheOptions {
  /** 1 to 64 letters, digits, dots, hyphens or underscores. Processes that share a remote tier share the caches of one name. */
  name: string;
  /** How long a value is fresh, above 0, at most 365 days. */
  ttl: Duration;
  /** How long after `ttl` a value is served while it is loaded anew in the background. @default 0 */
  staleFor?: Duration;
  /** How long after `ttl` a value is served if it cannot be loaded. @default 0 */
  staleIfError?: Duration;
  /** How long it is remembered that a load returned `undefined`. @default 0: it is loaded again */
  negativeTtl?: Duration;
  /** How long a load may take. A duration is the hard timeout. @default { hard: "30s" } */
  loadTimeout?: Duration | LoadTimeouts;
  /**
   * How early a value that is often read is loaded anew before its `ttl` is over, 0 to 100: by chance, the likelier the
   * longer its load took and the closer the end is (XFetch). 0 is never. @default 1
   */
  earlyRefresh?: number;
  /** By how much of itself a `ttl` is shortened at random, 0 to 0.5, so that values of one moment do not end at one moment. @default 0.1 */
  jitter?: number;
  /** The memory tier, or `false` for none. */
  memory?: MemoryOptions | false;
  /** What several processes share, such as `redisTier(client)`. @default none */
  remote?: RemoteTier;
  /** How values are written to the remote tier. @default jsonCodec */
  codec?: Codec;
  /** The version of the form of the values, up to 64 characters. A remote value of another version is a miss. @default "1" */
  version?: string;
  /** Whether each caller gets a structured clone. @default false: all callers get the same object */
  clone?: boolean;
  /**
   * Whether plain objects and arrays are frozen, so that a caller that changes a shared value fails.
   * @default true unless `NODE_ENV` is "production" or `clone` is set
   */
  freeze?: boolean;
  clock?: Clock;
  random?: () => number;
}
