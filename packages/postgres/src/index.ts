export { createBackups } from "./backup/create-backups.ts";
export { folderStorage } from "./backup/folder-storage.ts";
export { connectPostgres } from "./connect-postgres.ts";
export { insertMany } from "./insert-many.ts";
export { leaseMigrations, postgresLease, withLease } from "./lease.ts";
export { migrate, migrationStatus, revert } from "./migrate.ts";
export { page } from "./page.ts";
export { isStatement, sql } from "./sql.ts";

export type {
  Backup,
  BackupManifest,
  BackupOptions,
  BackupStatus,
  Backups,
  BackupVerification,
  TableFigures,
} from "./backup/backups.ts";
export type { BackupStorage } from "./backup/storage.ts";
export type { InsertManyOptions } from "./insert-many.ts";
export type { PostgresLeaseOptions } from "./lease.ts";
export type {
  MigrateOptions,
  MigrationResult,
  MigrationSource,
  MigrationStatus,
  MigrationStatusOptions,
  RevertOptions,
} from "./migrations.ts";
export type { KeysetPage, KeysetPageOptions, OffsetPageOptions, Page, PageOrder } from "./page.ts";
export type {
  Postgres,
  PostgresClient,
  PostgresOptions,
  PostgresStats,
  SqlResult,
  TransactionOptions,
} from "./postgres.ts";
export type { SqlStatement, SqlTag } from "./sql.ts";
