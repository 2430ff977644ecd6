import type { Duration, Row, SqlClient, SqlTransactionOptions, SqlTransactions } from "@seaworthy/core";
import type { SqlStatement } from "./sql.ts";

/** The result of one statement. */
export interface SqlResult<R extends Row = Row> {
  readonly rows: R[];
  /** Rows that the statement returned or changed. */
  readonly rowCount: number | null;
}

/** Something that runs statements: a {@link Postgres}, or a transaction of one. It fits core's `SqlClient`. */
export interface PostgresClient extends SqlClient {
  /** Runs one statement. The text has `$1` parameters, or is a statement of the `sql` template. */
  query<R extends Row = Row>(statement: string | SqlStatement, params?: unknown[]): Promise<SqlResult<R>>;
}

/** Options of a transaction of a {@link Postgres}. */
export interface TransactionOptions extends SqlTransactionOptions {
  /** Whether the server refuses statements that write. @default false */
  readOnly?: boolean;
  /** Longest time of one statement, in place of the client's `statementTimeout`; 0 sets no limit. */
  statementTimeout?: Duration;
  /** Longest wait for one lock, in place of the client's `lockTimeout`; 0 sets no limit. */
  lockTimeout?: Duration;
}

/** A database: a pool of connections to a PostgreSQL server, or a PGlite database of this process. */
export interface Postgres extends PostgresClient, SqlTransactions, AsyncDisposable {
  readonly engine: "pg" | "pglite";
  /** The name in telemetry. */
  readonly name: string;
  /**
   * Runs `fn` in a transaction: commits after it has resolved, and rolls back if it rejects. Statements of `db.query()` that
   * `fn` and the code it calls run join the transaction. A transaction inside a transaction is a savepoint.
   *
   * @throws TypeError if an option is malformed, or `retry` is given inside a transaction
   * @throws POSTGRES_TRANSACTION_ABORTED if `fn` resolved although one of its statements had failed; nothing was committed
   * @throws POSTGRES_CONNECTION_LOST if the connection was lost; `context.committed` is `"no"` or `"unknown"`
   * @throws POSTGRES_CANCELLED if the context's signal aborted before the commit; nothing was committed
   */
  transaction<T>(fn: (sql: PostgresClient) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /**
   * The same database, apart from the transaction that is open in the context: its statements run on a connection of their
   * own and stay if the transaction is rolled back. PGlite has one connection only, and refuses it inside a transaction.
   */
  readonly outside: Pick<Postgres, "query" | "transaction">;
  /** The pool now. */
  stats(): PostgresStats;
  /**
   * Closes the pool: calls that wait are rejected with `POSTGRES_CLOSED`, statements that run may end within `timeout`, then
   * their connections are cut. Resolves when no connection is left; calling it again returns the same promise.
   */
  close(options?: { timeout?: Duration }): Promise<void>;
}

/** The state of a pool. */
export interface PostgresStats {
  /** Open connections, including those that are being opened. */
  readonly total: number;
  readonly idle: number;
  readonly inUse: number;
  /** Calls that wait for a connection. */
  readonly waiting: number;
  /** Connections that stay open when they are idle. */
  readonly base: number;
  /** The largest number of connections. */
  readonly max: number;
}

/** Options of `connectPostgres`. */
export interface PostgresOptions {
  /**
   * Where the database is: `postgres://user:password@host:5432/name` for a server, `pglite://./folder` or
   * `pglite://memory` for the embedded engine. A password that libpq finds in `PGPASSWORD` works too.
   */
  url: string;
  /** The name in telemetry and in `pg_stat_activity`; 1 to 63 characters. @default "default" */
  name?: string;
  /** Connections that stay open while they are idle, 0 to 10 000. @default 20 */
  base?: number;
  /** Connections that may be opened beyond `base`, 0 to 10 000; they are closed after `idleTimeout`. @default 40 */
  overflow?: number;
  /** Longest wait for a connection, whether it is opened or becomes free. @default "5s" */
  connectTimeout?: Duration;
  /** How long a connection beyond `base` stays idle before it is closed. @default "30s" */
  idleTimeout?: Duration;
  /** Age after which a connection is closed as soon as it is idle. @default "30m" */
  maxLifetime?: Duration;
  /** Longest time of one statement; 0 sets no limit. The server enforces it (`statement_timeout`). @default "30s" */
  statementTimeout?: Duration;
  /** Longest wait of a statement for a lock; 0 sets no limit. @default "10s" */
  lockTimeout?: Duration;
  /** How long a transaction may be idle between two statements; 0 sets no limit. @default "60s" */
  idleInTransactionTimeout?: Duration;
  /**
   * `"transaction"` if a pooler such as PgBouncer stands in between that hands the server's connections on after each
   * transaction. No session state is used then: limits are set per transaction, and single statements are limited by this
   * process, which cancels them. @default "none"
   */
  pooler?: "none" | "transaction";
  /** How many processes like this one use the server; for the warning about `max_connections`. @default 1 */
  instances?: number;
  /**
   * TLS: `true` verifies the server's certificate with the system's authorities. It cannot be given together with parameters
   * of the URL such as `sslmode`. @default what the URL's sslmode says
   */
  tls?: boolean | { ca?: string; cert?: string; key?: string; servername?: string };
}
