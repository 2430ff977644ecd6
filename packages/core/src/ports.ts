import type { Duration } from "./duration.ts";

/** A row of a result: column name to value. */
export type Row = Record<string, unknown>;

/**
 * Something that runs one SQL statement with `$1` parameters. `pg.Pool`, `pg.Client` and PGlite fit as they are.
 *
 * A pool may run each statement on another connection, so nothing may rely on session state between two calls.
 */
export interface SqlClient {
  // Arrays out, because drivers type their rows in ways that only this admits.
  query(text: string, params?: unknown[]): Promise<{ rows: Row[]; rowCount?: number | null }>;
}

/**
 * Something that runs statements in one transaction: `fn` gets a client whose statements are committed together after `fn`
 * has resolved, and rolled back if it rejects. Code that `fn` calls finds the client with `openTransaction()`.
 */
export interface SqlTransactions {
  transaction<T>(fn: (sql: SqlClient) => Promise<T>, options?: SqlTransactionOptions): Promise<T>;
}

/** Options of a transaction. */
export interface SqlTransactionOptions {
  /** How often the whole transaction is repeated after a serialization failure or a deadlock, 0 to 10. @default 0 */
  retry?: number;
  /** @default the server's */
  isolation?: "read committed" | "repeatable read" | "serializable";
}

/** One step that brings a database's tables up to date. Every package that has tables exports its steps in this form. */
export interface SqlMigration {
  /** Unique and sortable: steps are applied in the order of their ids, each once. */
  readonly id: string;
  readonly statements: readonly string[];
  /** Whether the statements run in one transaction; `CREATE INDEX CONCURRENTLY` cannot. @default true */
  readonly transaction?: boolean;
}

/** What a limiter decided about one call. */
export interface LimitDecision {
  readonly allowed: boolean;
  /** The largest number of calls, or the largest cost, of one window. */
  readonly limit: number;
  /** What is left of it; 0 or more. */
  readonly remaining: number;
  /** Milliseconds until the whole limit is available again. */
  readonly resetAfter: number;
  /** Milliseconds until a call of this cost is allowed again; 0 if this one is allowed. */
  readonly retryAfter: number;
  /** Where the decision comes from, such as `"redis"`, or `"memory"` while the shared store cannot be reached. */
  readonly source?: string;
  /** Names of the limits that did not have room for the call. */
  readonly violated?: readonly string[];
}

/** Something that limits how often a key may act. */
export interface Limiter {
  /** Takes `cost` (1 by default) from what the key has left, or takes nothing if that is not enough. */
  consume(key: string, cost?: number): Promise<LimitDecision>;
}

/** A right that one process at a time holds, for work that must not run twice at once. */
export interface HeldLease {
  /** Aborts when the lease is lost: it could not be renewed in time, or another process took it. */
  readonly signal: AbortSignal;
  /** Grows with each holder. A store that compares it refuses the late writes of a former holder. */
  readonly fence: bigint;
  /** Gives the lease back. Never rejects; a lease that cannot be given back ends with its time to live. */
  release(): Promise<void>;
}

/** Gives leases. */
export interface Lease {
  /** Resolves with the lease, which is renewed until it is released, or with `undefined` if another process holds it. */
  acquire(name: string, options: { ttl: Duration }): Promise<HeldLease | undefined>;
}

/** One thing that somebody did, for an audit trail. */
export interface AuditEntry {
  /** Dotted name of the action, such as `"auth.login"`. */
  type: string;
  outcome: "success" | "failure" | "denied";
  /** Id of who acted. @default the context's principal */
  actor?: string;
  /** Id of what or whom it was done to. */
  subject?: string;
  /** JSON-safe facts; never a secret. */
  data?: Record<string, unknown>;
  /** Milliseconds since the Unix epoch. @default when the sink receives it */
  at?: number;
  correlationId?: string;
  /** Address of the client. @default the context's client */
  address?: string;
  /** User agent of the client. @default the context's client */
  userAgent?: string;
}

/** Where audit entries go. Resolves once the entry is kept; what a rejection means is the caller's policy. */
export interface AuditSink {
  record(entry: AuditEntry): Promise<void>;
}
