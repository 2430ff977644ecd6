import type { Duration, SqlMigration } from "@seaworthy/core";

/** Where migrations come from: a folder of files, or steps that a package exports. */
export type MigrationSource = string | readonly SqlMigration[];

/** Options of {@link migrationStatus}. */
export interface MigrationStatusOptions {
  /** Name of the sequence of migrations; every package has one of its own. 1 to 100 characters. @default "app" */
  set?: string;
}

/** Options of {@link migrate}. */
export interface MigrateOptions extends MigrationStatusOptions {
  /** Longest wait for other processes that migrate the same database. @default "60s" */
  lockTimeout?: Duration;
  /** Longest wait of a statement for a lock of a table, so that a migration does not block its readers; 0 sets no limit. @default "5s" */
  tableLockTimeout?: Duration;
  /** Longest time of one statement; 0 sets no limit. @default 0 */
  statementTimeout?: Duration;
  /** Whether to say only what would be applied. @default false */
  dryRun?: boolean;
  /** Whether to run a step again that has no transaction and did not end the last time. @default false */
  retryUnfinished?: boolean;
}

/** Options of {@link revert}. */
export interface RevertOptions extends MigrateOptions {
  /** The last step that stays applied. @default the one before the last */
  to?: string;
}

/** What {@link migrate} did. */
export interface MigrationResult {
  /** Ids of the steps that were applied, in order; with `dryRun`, of those that would be. */
  readonly applied: readonly string[];
  /** Ids of the steps that the database had already. */
  readonly skipped: readonly string[];
}

/** The state of one migration. */
export interface MigrationStatus {
  readonly id: string;
  /**
   * `applied`, or `pending`; `edited` if the applied step differs from the source's, `missing` if the source has none,
   * `late` if it is not applied and comes before one that is, and `unfinished` if a step without a transaction has not ended.
   */
  readonly state: "applied" | "pending" | "edited" | "missing" | "late" | "unfinished";
  /** When it was applied; missing if it was not. */
  readonly appliedAt?: Date;
}
