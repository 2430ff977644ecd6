import { defineErrors, type ErrorFactory } from "@seaworthy/core";

/** The codes of this package. Errors of the server's own statements keep PostgreSQL's SQLSTATE as their `code`. */
export type PostgresErrorCode =
  | "POSTGRES_UNREACHABLE"
  | "POSTGRES_BUSY"
  | "POSTGRES_POOL_EXHAUSTED"
  | "POSTGRES_CLOSED"
  | "POSTGRES_TIMEOUT"
  | "POSTGRES_CANCELLED"
  | "POSTGRES_CONNECTION_LOST"
  | "POSTGRES_TRANSACTION_ABORTED"
  | "POSTGRES_TRANSACTION_ENDED"
  | "POSTGRES_DRIVER_MISSING"
  | "POSTGRES_PAGE_INVALID"
  | "POSTGRES_CURSOR_INVALID"
  | "POSTGRES_MIGRATION_CHANGED"
  | "POSTGRES_MIGRATION_FAILED"
  | "POSTGRES_MIGRATION_LOCKED"
  | "POSTGRES_LEASE_HELD"
  | "POSTGRES_BACKUP_FAILED"
  | "POSTGRES_BACKUP_INVALID";

/** Factories by code. Clients see only the messages about what they themselves sent: pages and cursors. */
export const errors: Readonly<Record<PostgresErrorCode, ErrorFactory>> = defineErrors(
  {
    POSTGRES_UNREACHABLE: {
      status: 503,
      title: "The database could not be reached",
      retryable: true,
      retryAfter: "1s",
      expose: false,
    },
    POSTGRES_BUSY: { status: 500, title: "The embedded database is open in another process", expose: false },
    POSTGRES_POOL_EXHAUSTED: {
      status: 503,
      title: "No connection of the pool became free in time",
      retryable: true,
      retryAfter: "1s",
      expose: false,
    },
    POSTGRES_CLOSED: { status: 503, title: "The database client has been closed", expose: false },
    POSTGRES_TIMEOUT: { status: 503, title: "The database did not answer in time", retryable: true, expose: false },
    POSTGRES_CANCELLED: { status: 503, title: "The statement was cancelled by its caller", expose: false },
    POSTGRES_CONNECTION_LOST: { status: 503, title: "The connection to the database was lost", expose: false },
    POSTGRES_TRANSACTION_ABORTED: {
      status: 500,
      title: "The transaction was rolled back, because one of its statements had failed",
      expose: false,
    },
    POSTGRES_TRANSACTION_ENDED: {
      status: 500,
      title: "The transaction has ended; the statement was not executed",
      expose: false,
    },
    POSTGRES_DRIVER_MISSING: { status: 500, title: "The database driver is not installed", expose: false },
    POSTGRES_PAGE_INVALID: { status: 400, title: "The requested page is not valid", expose: true },
    POSTGRES_CURSOR_INVALID: { status: 400, title: "The cursor is not valid for this list", expose: true },
    POSTGRES_MIGRATION_CHANGED: {
      status: 500,
      title: "The migrations do not match those that the database has already applied",
      expose: false,
    },
    POSTGRES_MIGRATION_FAILED: { status: 500, title: "A migration failed", expose: false },
    POSTGRES_MIGRATION_LOCKED: {
      status: 503,
      title: "Another process held the migration lock for too long",
      retryable: true,
      expose: false,
    },
    POSTGRES_LEASE_HELD: { status: 409, title: "Another process holds the lease", retryable: true, expose: false },
    POSTGRES_BACKUP_FAILED: { status: 500, title: "The backup could not be made or restored", expose: false },
    POSTGRES_BACKUP_INVALID: { status: 500, title: "The backup does not hold what it should", expose: false },
  },
  { owner: "@seaworthy/postgres" },
);
