/** The last entry of a trail. */
export interface AuditHead {
  /** 1 for the first entry; 0 if there is none. */
  readonly sequence: number;
  /** SHA-256 of the bytes of the last entry, in base64url. */
  readonly hash: string;
}

/** An entry as it is kept: the exact bytes that its hash is made of, without a line end. */
export interface StoredEntry {
  readonly sequence: number;
  readonly bytes: Uint8Array;
}

/** The statement that the entries up to `sequence` may be removed, because the chain goes on from `hash`. */
export interface AuditSeal {
  readonly sequence: number;
  readonly hash: string;
  /** When it was made, as an ISO 8601 date. */
  readonly at: string;
  /** Signed note over the two, if the trail has a signer. */
  readonly note?: string;
}

/**
 * Where a trail is kept. One trail has one chain: an implementation sees to it that no other append comes between the
 * head that `make` gets and the entries that it returns, in this process and in all others.
 */
export interface AuditStore {
  readonly kind: string;
  /**
   * Keeps the entries that `make` returns for the present head, all or none, and resolves when they are safe. If it rejects,
   * none is there. `make` may be called again on a newer head.
   */
  append(make: (head: AuditHead) => readonly StoredEntry[]): Promise<void>;
  /**
   * Whether an append by the running code would be part of a transaction that can still be rolled back. Stores without
   * transactions do not need it.
   */
  inTransaction?(): boolean;
  head(): Promise<AuditHead>;
  /** The entries from a sequence on, in their order, as they are: also such that were changed. */
  read(from: number): AsyncIterable<StoredEntry>;
  /** The seals, the oldest first. */
  seals(): Promise<readonly AuditSeal[]>;
  seal(seal: AuditSeal): Promise<void>;
  /** Removes the entries up to the sequence of a seal. */
  remove(seal: AuditSeal): Promise<void>;
  close(): Promise<void>;
}
