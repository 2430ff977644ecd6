import type { AuditEntry, AuditSink } from "@seaworthy/core";
import type { AuditSeal } from "./stores/store.ts";

/** An entry as it is read. Members that were encrypted for their owner are open, or missing once the owner was erased. */
export interface StoredAuditEntry extends AuditEntry {
  readonly sequence: number;
  /** Hash of the entry before. */
  readonly previous: string;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  /** Whether members of the entry were destroyed, because the person they were about was erased. */
  readonly erased?: boolean;
  /** Whether members of the entry are encrypted, and the trail was opened without the keys. */
  readonly encrypted?: boolean;
}

/** What a query looks for; all that is given has to hold. */
export interface AuditQuery {
  /** A type, or the beginning of one: `"auth.*"`. */
  type?: string;
  actor?: string;
  subject?: string;
  outcome?: "success" | "failure" | "denied";
  /** Entries from this moment on, in milliseconds since the Unix epoch. */
  from?: number;
  /** Entries before this moment. */
  to?: number;
  /** Entries after this sequence: `next` of the page before. */
  after?: number;
  /** Entries per page, 1 to 1000. @default 100 */
  limit?: number;
}

/** One page of a query, in the order of the trail. */
export interface AuditPage {
  readonly entries: readonly StoredAuditEntry[];
  /** Where the next page begins; missing on the last page. */
  readonly next?: number;
}

/** What is wrong with a trail. */
export interface AuditFault {
  /** The first entry that is not as it was written. */
  readonly sequence: number;
  readonly kind: "edited" | "missing" | "reordered" | "forked" | "truncated";
}

/** The outcome of a verification. */
export interface AuditVerification {
  readonly ok: boolean;
  /** How many entries were read. */
  readonly entries: number;
  /**
   * Whether a checkpoint of outside confirms the trail. Without one, a trail whose end was cut off, or that was written anew
   * as a whole, looks sound.
   */
  readonly anchored: boolean;
  /** The first fault. */
  readonly fault?: AuditFault;
}

/** Options of {@link Audit.verify}. */
export interface AuditVerifyOptions {
  /** A checkpoint that was kept elsewhere. It confirms the entries up to its own. */
  checkpoint?: string;
}

/** A trail of entries, each of which holds the hash of the one before. */
export interface Audit extends AuditSink, AsyncDisposable {
  /**
   * Keeps an entry. Members that are missing are taken from the context: correlation id, principal, client. With a
   * PostgreSQL store, the entry becomes part of the open transaction of the context.
   *
   * @throws TypeError if the entry is malformed
   * @throws AUDIT_WRITE_FAILED if it could not be kept, unless `onFailure` says otherwise
   */
  record(entry: AuditEntry): Promise<void>;
  /**
   * A function that does the same as `fn` and records it: `success` when it resolves, `failure` with the error's code when it
   * rejects. If a success cannot be recorded, the call is rejected.
   */
  wrap<A extends unknown[], R>(type: string, fn: (...args: A) => Promise<R>): (...args: A) => Promise<R>;
  /** A page of the entries that match. Reads the trail from `after` on. */
  query(query?: AuditQuery): Promise<AuditPage>;
  /** All entries that match, one after the other. */
  entries(query?: Omit<AuditQuery, "limit">): AsyncIterable<StoredAuditEntry>;
  /** Reads the whole trail in constant memory and names the first entry that is not as it was written. */
  verify(options?: AuditVerifyOptions): Promise<AuditVerification>;
  /**
   * A signed checkpoint of the present head, which is also given to the sink.
   * @throws TypeError if the trail has no signer
   */
  checkpoint(): Promise<string>;
  /**
   * Destroys the key of a person, and with it all members that were encrypted for this person. The chain stays as it is. Records
   * that it was done.
   */
  erase(owner: string): Promise<void>;
  /** Seals the entries before a moment (milliseconds since the Unix epoch), or returns `undefined` if there are none. */
  seal(before: number): Promise<AuditSeal | undefined>;
  /**
   * Removes the entries up to a seal; export them first.
   * @throws AUDIT_NOT_SEALED if the trail does not have this seal
   */
  prune(seal: AuditSeal): Promise<void>;
  /** Makes a last checkpoint, waits for what is being written, and closes the store. */
  close(): Promise<void>;
}
