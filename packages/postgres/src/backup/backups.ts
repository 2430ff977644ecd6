import type { Duration } from "@seaworthy/core";
import type { BackupStorage } from "./storage.ts";

/** What is known of one table at the moment of a backup. */
export interface TableFigures {
  /** Schema and name, quoted where that is needed. */
  readonly table: string;
  /** Number of rows, as a decimal string. */
  readonly rows: string;
  /** Sum of the hashes of all rows, which does not depend on their order. */
  readonly checksum: string;
}

/** What a backup says of itself. */
export interface BackupManifest {
  readonly version: 1;
  readonly id: string;
  /** When the snapshot was taken, as an ISO 8601 date: what was written later is not in the backup. */
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly database: string;
  readonly serverVersion: string;
  /** Bytes of the dump. */
  readonly size: number;
  /** SHA-256 of the dump, in hexadecimal digits. */
  readonly sha256: string;
  readonly tables: readonly TableFigures[];
}

/** The outcome of a verification. */
export interface BackupVerification {
  readonly version: 1;
  readonly at: string;
  readonly ok: boolean;
  /** Milliseconds that it took to restore the dump. */
  readonly restoreTime?: number;
  /** What was wrong. */
  readonly fault?: string;
}

/** One backup, as `list()` shows it. */
export interface Backup {
  readonly id: string;
  readonly manifest: BackupManifest;
  /** The last verification; missing if there was none. */
  readonly verification?: BackupVerification;
}

/** Options of `createBackups`. */
export interface BackupOptions {
  /** The database, as in `connectPostgres`; its user may read all tables. */
  url: string;
  storage: BackupStorage;
  /** How many backups stay after each run. */
  keep?: {
    /** The last backup of each of so many days on which there is one, 1 to 10 000. @default 7 */
    daily?: number;
    /** The last backup of each of so many weeks in which there is one, 0 to 10 000. @default 4 */
    weekly?: number;
  };
  /** A server on which scratch databases may be created for verification. @default the server of `url` */
  scratchServer?: string;
  /** Folder with `pg_dump` and `pg_restore`, which must not be older than the server. @default the search path */
  programs?: string;
  /** After how long a run, a verification or a restoration is given up. @default "6h" */
  timeout?: Duration;
}

/** How good the backups are now. All ages are milliseconds. */
export interface BackupStatus {
  /** The last complete backup. */
  readonly last?: Backup;
  /** The last backup whose last verification succeeded. */
  readonly lastVerified?: Backup;
  /** Age of the snapshot of `lastVerified`: what was written since would be lost (recovery point). */
  readonly recoveryPoint?: number;
  /** How long the restoration of `lastVerified` took (recovery time). */
  readonly recoveryTime?: number;
}

/**
 * Logical backups of one database. They are not a point-in-time recovery: what is written after a backup is first
 * in the next one.
 */
export interface Backups extends AsyncDisposable {
  /**
   * Makes a backup from one snapshot, writes its manifest, and removes backups that `keep` does not name. The last verified
   * backup and the last complete one are never removed.
   *
   * @throws POSTGRES_BACKUP_FAILED if it could not be made; nothing of it is listed
   */
  run(): Promise<BackupManifest>;
  /**
   * Restores a backup into a scratch database, compares the number of rows and the checksum of every table with the
   * manifest, and keeps the outcome beside it.
   *
   * @param id - which backup. @default the last one
   * @throws POSTGRES_BACKUP_INVALID if it does not hold what the manifest says, or there is none
   */
  verify(id?: string): Promise<BackupVerification>;
  /**
   * Restores a backup into an empty database, in one transaction.
   *
   * @throws POSTGRES_BACKUP_INVALID if the dump is damaged; nothing was restored
   * @throws POSTGRES_BACKUP_FAILED if the database is not empty or the restoration failed; nothing was restored
   */
  restore(id: string, url: string): Promise<void>;
  /** All complete backups, the last one first. */
  list(): Promise<readonly Backup[]>;
  status(): Promise<BackupStatus>;
  /** Stops the gauges. */
  close(): Promise<void>;
}
