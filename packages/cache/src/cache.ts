import type { Duration } from "@seaworthy/core";
import type { CacheStats } from "./stats.ts";

/** What a load receives. */
export interface LoadContext {
  /** The key that is loaded; of `loadMany`, the first one. */
  readonly key: string;
  /** Aborts at the hard timeout, and when the cache is closed. */
  readonly signal: AbortSignal;
}

/** Returns the value of a key from its source; `undefined` if the source has none. */
export type Load<V> = (context: LoadContext) => V | Promise<V>;

/** Returns the values of several keys. A key that is missing has no value. */
export type LoadMany<V> = (keys: readonly string[], context: LoadContext) => Many<V> | Promise<Many<V>>;

/** Values by key. */
export type Many<V> = ReadonlyMap<string, V> | Readonly<Record<string, V>>;

/** How a value is kept. What is missing is as the cache says. */
export interface KeepOptions {
  /** How long it is fresh, above 0. */
  ttl?: Duration;
  /** How long after that it is served while it is loaded anew. */
  staleFor?: Duration;
  /** How long after `ttl` it is served if it cannot be loaded. */
  staleIfError?: Duration;
}

/** Options of `set`. */
export interface SetOptions extends KeepOptions {
  /** What `invalidateTag` finds it by: 64 strings at the most, each of 1 to 256 characters. */
  tags?: readonly string[];
}

/** Options of `getOrLoad` and `loadMany`. */
export interface LoadOptions<V> extends Omit<KeepOptions, "ttl"> {
  /** How long it is fresh, above 0. A function receives the value; if it returns 0, the value is not kept. */
  ttl?: Duration | ((value: V) => Duration);
  /** What `invalidateTag` finds it by; a function receives the value. */
  tags?: readonly string[] | ((value: V) => readonly string[]);
  /** How long it is remembered that the source has no value. */
  negativeTtl?: Duration;
  /** Ends the wait of this caller, and not the load, for which others may wait. */
  signal?: AbortSignal;
  /** Loads even if there is a fresh value. @default false */
  fresh?: boolean;
}

/** What a cache knows about a key. */
export interface CacheEntry<T> {
  readonly state: "fresh" | "stale" | "expired";
  /** `undefined` if it is remembered that the source has no value. */
  readonly value: T | undefined;
  readonly tier: "memory" | "remote";
  /** Milliseconds for which it is still fresh; below 0 if it is stale. */
  readonly freshFor: number;
  readonly tags: readonly string[];
}

/**
 * Values by key, in the memory of the process, and if there is a remote tier, shared with other processes.
 *
 * No method rejects because the remote tier fails. Keys are well-formed strings of 1 to 512 characters.
 */
export interface Cache<T> extends AsyncDisposable {
  readonly name: string;
  /** The value, if there is a fresh one; `undefined` otherwise. `null` is a value. */
  get<V extends T = T>(key: string): Promise<V | undefined>;
  /**
   * The value; if there is no fresh one, it is loaded: once for all callers, and if there is a remote tier, once for all
   * processes. All callers share a failure of the load, too.
   *
   * @throws CACHE_LOAD_TIMEOUT if the load took longer than the hard timeout
   * @throws CACHE_CLOSED if the cache was closed
   */
  getOrLoad<V extends T | undefined>(key: string, load: Load<V>, options?: LoadOptions<V>): Promise<V>;
  /** The fresh values among the keys: at most one request to the remote tier, for those that are not in memory. */
  getMany<V extends T = T>(keys: readonly string[]): Promise<Map<string, V>>;
  /** The values of the keys: one load for all keys that no tier has, and no load for others. */
  loadMany<V extends T>(keys: readonly string[], load: LoadMany<V>, options?: LoadOptions<V>): Promise<Map<string, V>>;
  /**
   * Keeps a value in all tiers, and removes it from the memory of the other processes. A load that is under way does not
   * replace it. Resolves with whether the other processes know it: if not, they will when the remote tier is back.
   *
   * @throws TypeError if the value is `undefined` or has a method `then`
   */
  set<V extends T>(key: string, value: V, options?: SetOptions): Promise<boolean>;
  /** Removes keys from all tiers of all processes. Resolves as `set` does. */
  delete(...keys: readonly string[]): Promise<boolean>;
  /** Makes all values with one of these tags invalid, in all processes. Resolves as `set` does. */
  invalidateTag(...tags: readonly string[]): Promise<boolean>;
  /** Makes all values invalid, in all processes. Resolves as `set` does. */
  clear(): Promise<boolean>;
  /** What the cache knows about a key, stale or not, without a load. No lookup is counted. */
  inspect(key: string): Promise<CacheEntry<T> | undefined>;
  /** Counts since the cache was created. */
  stats(): CacheStats;
  /** Aborts loads, waits for writes that are under way, and closes the subscription; the client is the host's to close. */
  close(): Promise<void>;
}
