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
}

/** Where audit entries go. Resolves once the entry is kept; what a rejection means is the caller's policy. */
export interface AuditSink {
  record(entry: AuditEntry): Promise<void>;
}
