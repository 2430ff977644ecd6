/** A vault's head as a store holds it. Stores look at the epoch alone; the bytes are the vault's affair. */
export interface StoredHead {
  readonly epoch: number;
  readonly head: Uint8Array;
}

/** One write of a vault. */
export interface VaultCommit extends StoredHead {
  /** Segments that are new with this head. */
  readonly add: readonly { readonly id: string; readonly bytes: Uint8Array }[];
  /** Ids of all segments that this head or the one before needs; the others may go. */
  readonly keep: readonly string[];
  /** Whether the head before and all that only it needs are to be removed with this write, as far as the store has kept it. */
  readonly purge?: boolean;
}

/**
 * Where a vault lives. Every implementation passes the suite of `@seaworthy/vault/conformance`.
 *
 * A store is trusted with nothing but to keep what it was given: the vault notices all else by itself.
 */
export interface VaultStore {
  /** A word for it in telemetry, such as `"file"`. */
  readonly kind: string;
  /** The newest head, or `undefined` when there is none yet. */
  read(): Promise<StoredHead | undefined>;
  /** The newest head's epoch, or `undefined`; asked before most reads of the vault, so it should be cheap. */
  epoch(): Promise<number | undefined>;
  /** A segment's bytes, or `undefined` when it is gone. */
  readSegment(id: string): Promise<Uint8Array | undefined>;
  /**
   * Keeps `next` if the epoch still is `expected` (`undefined`: if there is no head), all of it or nothing, and says
   * whether it did. Of any number of callers with the same `expected`, at most one is told `true`. An error means that
   * nothing was kept; a store that cannot tell rejects with `VAULT_OUTCOME_UNKNOWN` of `vaultErrors`.
   */
  commit(expected: number | undefined, next: VaultCommit): Promise<boolean>;
  /** Runs `work` while other writers wait, if the store can arrange that; it saves retries, and nothing relies on it. */
  exclusive?<T>(work: () => Promise<T>): Promise<T>;
}
