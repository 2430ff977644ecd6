import { boundedString, checkOptions, flag } from "@seaworthy/core/options";
import { Database } from "./internal/database.ts";
import { readSteps } from "./internal/migrations/read-steps.ts";
import { applySteps, revertSteps } from "./internal/migrations/run-steps.ts";
import { statusOf } from "./internal/migrations/status.ts";
import type {
  MigrateOptions,
  MigrationResult,
  MigrationSource,
  MigrationStatus,
  MigrationStatusOptions,
  RevertOptions,
} from "./migrations.ts";
import type { Postgres } from "./postgres.ts";

/**
 * Brings a database's tables up to date: applies each step once, in the order of the ids, each in a transaction of its own.
 * Any number of processes may call it at the same moment; one applies the steps, and the others wait for it.
 *
 * A folder holds files such as `001_users.sql`, with `001_users.down.sql` beside it where a step can be reverted, and modules
 * such as `002_names.js` that export `up(sql)` and perhaps `down(sql)`. The first line `-- seaworthy: no transaction` (in a
 * module, `export const transaction = false`) lets the one statement of a file run without a transaction, which `create index
 * concurrently` needs.
 *
 * @throws TypeError if an option is malformed, or the folder holds files whose order is not clear
 * @throws POSTGRES_MIGRATION_CHANGED if an applied step was edited or is missing, or a new one comes before an applied one
 * @throws POSTGRES_MIGRATION_FAILED if a step failed; its transaction was rolled back, and the steps before it stay
 * @throws POSTGRES_MIGRATION_LOCKED if another process held the lock longer than `lockTimeout`
 * @example
 * ```ts
 * import { connectPostgres, migrate } from "@seaworthy/postgres";
 * await using db = await connectPostgres({ url: "pglite://memory" });
 * const steps = [{ id: "001_users", statements: ["create table users (id int primary key)"] }];
 * console.log((await migrate(db, steps)).applied); // [ '001_users' ]
 * console.log((await migrate(db, steps)).applied); // []
 * ```
 */
export async function migrate(
  db: Postgres,
  source: MigrationSource,
  options: MigrateOptions = {},
): Promise<MigrationResult> {
  const database = databaseOf(db);
  checkMigrate("migrate", options, []);
  return applySteps(database, await readSteps(source), options);
}

/**
 * Reverts the last step, or all steps after `to`, the last one first. Only steps with a `down` part can be reverted.
 *
 * @returns the ids of the steps that were reverted
 * @throws TypeError if an option is malformed
 * @throws POSTGRES_MIGRATION_FAILED if a step has no `down` part or it failed; steps that were reverted before it stay so
 * @throws POSTGRES_MIGRATION_CHANGED, POSTGRES_MIGRATION_LOCKED as {@link migrate}
 */
export async function revert(
  db: Postgres,
  source: MigrationSource,
  options: RevertOptions = {},
): Promise<readonly string[]> {
  const database = databaseOf(db);
  checkMigrate("revert", options, ["to"]);
  return revertSteps(database, await readSteps(source), options);
}

/**
 * The state of each step, of the source and of the database. Changes nothing, and needs no right to create tables.
 *
 * @throws TypeError if an option is malformed, or the folder holds files whose order is not clear
 */
export async function migrationStatus(
  db: Postgres,
  source: MigrationSource,
  options: MigrationStatusOptions = {},
): Promise<readonly MigrationStatus[]> {
  const database = databaseOf(db);
  checkOptions("migrationStatus", options, ["set"]);
  if (options.set !== undefined) boundedString("set", options.set, 1, 100);
  return statusOf(database, await readSteps(source), options.set ?? "app");
}

const MIGRATE = ["set", "lockTimeout", "tableLockTimeout", "statementTimeout", "dryRun", "retryUnfinished"];

function checkMigrate(owner: string, options: MigrateOptions, more: readonly string[]): void {
  checkOptions(owner, options, [...MIGRATE, ...more]);
  if (options.set !== undefined) boundedString("set", options.set, 1, 100);
  if (options.dryRun !== undefined) flag("dryRun", options.dryRun);
  if (options.retryUnfinished !== undefined) flag("retryUnfinished", options.retryUnfinished);
}

function databaseOf(db: Postgres): Database {
  if (!(db instanceof Database)) throw new TypeError("db must be a database of connectPostgres");
  return db;
}
