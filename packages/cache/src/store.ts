/** What other processes have to know: keys that were written or deleted, tags that were invalidated, or everything. */
export interface Announcement {
  readonly kind: "keys" | "tags" | "all";
  /** The keys or tags; empty for `all`. */
  readonly names: readonly string[];
}

/** An announcement as the other processes receive it. */
export interface HeardAnnouncement extends Announcement {
  /** The position that it has. */
  readonly position: number;
  /** The position of the announcement before. If it is not the last one that was received, one was lost. */
  readonly previous: number;
  /** The process that made it. */
  readonly sender: string;
}

/** Where the announcements of a cache are. */
export interface StoreState {
  /** The position of the last announcement. */
  readonly position: number;
  /** The time of the store, in milliseconds. All processes measure the age of values on this one clock. */
  readonly now: number;
  /** The position up to which values are invalid, whatever their tags are. */
  readonly floor: number;
  /** The positions of the last invalidation of tags, of those that are later than what the caller knows. */
  readonly tags: ReadonlyMap<string, number>;
}

/** What is found at some keys. */
export interface StoreRead {
  /** The position of the last announcement; `undefined` if the store has lost it. */
  readonly position: number | undefined;
  /** One per key, in their order. */
  readonly values: readonly (string | undefined)[];
}

/** The answer to a claim. */
export interface StoreClaim {
  /** A value that appeared meanwhile; then there is no lease. */
  readonly value?: string | undefined;
  /** Whether the caller has the lease now. */
  readonly granted: boolean;
}

/** Receives what a store hears from other processes. */
export interface StoreListener {
  /** Called with each announcement, in the order of their positions; also with the caller's own. */
  onAnnouncement(heard: HeardAnnouncement): void;
  /** Called with `true` once announcements are received, and with `false` when they are not received any more. */
  onChange(active: boolean): void;
}

/** A subscription to the announcements of a store. */
export interface StoreSubscription {
  /** Opens a new connection, because announcements were lost on this one. */
  renew(): void;
  /** Never rejects. */
  close(): Promise<void>;
}

/**
 * What several processes share: values as strings, each with a time to live, leases for loads, and announcements in one
 * order. An operation that fails rejects; the cache sees to deadlines, retries and outages.
 *
 * Positions are integers that grow with each announcement of one cache, also after the store has lost them.
 */
export interface CacheStore {
  /** Names the kind of server, in statistics. */
  readonly kind: string;
  /** Whether there is a connection now. A cache does not wait for a store that has none. @default always */
  readonly isConnected?: boolean;
  /** Reads the state, and makes one that invalidates every value if the store has none. */
  sync(since: number): Promise<StoreState>;
  /** Reads values and the position, at one moment if it can. */
  read(keys: readonly string[]): Promise<StoreRead>;
  /**
   * Takes the lease for the load of a key, unless there is another holder, or a value. A value that begins with `seen` does
   * not count: the caller knows it, and wants another one.
   */
  claim(key: string, claim: { token: string; ttl: number; seen?: string | undefined }): Promise<StoreClaim>;
  /** Prolongs a lease. Resolves with `false` if it is not held any more. */
  renew(key: string, token: string, ttl: number): Promise<boolean>;
  /** Writes a loaded value and ends the lease; does nothing and resolves with `false` if the lease is not held any more. */
  fill(key: string, token: string, entry: { value: string; ttl: number }): Promise<boolean>;
  /** Ends a lease, if it is still held. */
  release(key: string, token: string): Promise<void>;
  /** Writes a value, and ends the lease of whatever load is under way, so that the load cannot replace it. */
  write(key: string, entry: { value: string; ttl: number }): Promise<void>;
  /** Deletes values, and ends the leases of loads that are under way. */
  remove(keys: readonly string[]): Promise<void>;
  /** Announces to all subscribers. Tags, and everything, are also kept in the state. Resolves with the new position. */
  announce(sender: string, announcement: Announcement): Promise<number>;
  subscribe(listener: StoreListener): StoreSubscription;
}
