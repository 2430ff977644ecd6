/** A vault's head as a store holds it. Stores look at the epoch alone; the bytes are opaque to them. */
export interface StoredHead {
  /** The head's own epoch, without what was appended to it. */
  readonly epoch: number;
  readonly head: Uint8Array;
  /** What was appended to the head, if the head names a log. */
  readonly log?: Uint8Array;
}

/** One write of a vault. */
export interface VaultCommit extends StoredHead {
  /** Segments that are new with this head. */
  readonly add: readonly { readonly id: string; readonly bytes: Uint8Array }[];
  /** Ids of all segments that this head or the one before needs; the others may go. */
  readonly keep: readonly string[];
  /** Whether the head before and all that only it needs are to be removed with this write, as far as the store has kept it. */
  readonly purge?: boolean;
  /** The id of a new, empty log that continues this head; for stores that have `append`. */
  readonly newLog?: string;
}

/** One write that is appended to a head's log. */
export interface VaultAppend {
  /** The epoch after this write. */
  readonly epoch: number;
  /** The epoch of the head. */
  readonly head: number;
  /** The id of the head's log. */
  readonly log: string;
  /** How long the log was when it was read: the entry is there, unless entries that are ignored came before it. */
  readonly at: number;
  readonly entry: Uint8Array;
}

/**
 * Where a vault lives. Every implementation passes the suite of `@seaworthy/vault/conformance`.
 *
 * A store is only trusted to keep what it was given. The vault authenticates everything that it reads.
 */
export interface VaultStore {
  /** A word that names it in telemetry, such as `"file"`. */
  readonly kind: string;
  /** The newest head, or `undefined` if there is no vault yet. */
  read(): Promise<StoredHead | undefined>;
  /** The epoch of the newest write, or `undefined`; it is called before most reads of the vault, so it should be cheap. */
  epoch(): Promise<number | undefined>;
  /** A segment's bytes, or `undefined` if it was removed. */
  readSegment(id: string): Promise<Uint8Array | undefined>;
  /**
   * Keeps `next` if the epoch still is `expected` (`undefined`: if there is no head), all of it or nothing, and resolves
   * to whether it did. Of any number of callers with the same `expected`, at most one gets `true`. An error means that
   * nothing was kept; a store that does not know rejects with `VAULT_OUTCOME_UNKNOWN` of `vaultErrors`.
   */
  commit(expected: number | undefined, next: VaultCommit): Promise<boolean>;
  /**
   * Appends an entry to the log of the newest head. Resolves to the place where the entry ends, or to `undefined` if
   * another entry came first: of any number of entries that follow the same one, at most one is accepted. Stores may leave
   * this out and have `commit` alone. Errors mean what they mean for `commit`.
   */
  append?(next: VaultAppend): Promise<number | undefined>;
  /** Runs `work` while other writers wait, if the store can arrange that; it saves retries, and nothing relies on it. */
  exclusive?<T>(work: () => Promise<T>): Promise<T>;
}
