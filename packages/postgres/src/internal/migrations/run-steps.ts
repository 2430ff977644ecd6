import type { Duration } from "@seaworthy/core";
import { errors } from "../../errors.ts";
import type { PostgresClient } from "../../postgres.ts";
import { migrationEvent } from "../../telemetry.ts";
import type { Database } from "../database.ts";
import { withMigrationLock } from "./migration-lock.ts";
import { checkStates, statusOf, TABLE } from "./status.ts";
import type { Step } from "./step.ts";

/** The options that steps are run with. */
export interface RunOptions {
  set?: string;
  lockTimeout?: Duration;
  tableLockTimeout?: Duration;
  statementTimeout?: Duration;
  dryRun?: boolean;
  retryUnfinished?: boolean;
  to?: string;
}

export async function applySteps(
  db: Database,
  steps: readonly Step[],
  options: RunOptions,
): Promise<{ applied: string[]; skipped: string[] }> {
  const { set = "app", dryRun = false, retryUnfinished = false } = options;
  const plan = async (mayBeRunning: boolean): Promise<{ pending: Step[]; skipped: string[] }> => {
    const states = await statusOf(db.outside, steps, set);
    checkStates(states, mayBeRunning || retryUnfinished);
    const done = new Set(states.filter(({ state }) => state === "applied").map(({ id }) => id));
    return { pending: steps.filter(({ id }) => !done.has(id)), skipped: [...done] };
  };
  // What looks unfinished may be running in another process now.
  const before = await plan(true);
  // Most starts find nothing to do, and need neither the lock nor the right to create the table.
  if (dryRun || before.pending.length === 0)
    return { applied: before.pending.map(({ id }) => id), skipped: before.skipped };
  return withMigrationLock(db, options, async (checkLock) => {
    await createTable(db);
    const { pending, skipped } = await plan(false);
    for (const step of pending) {
      checkLock();
      await timed({ db, step, set, outcome: "applied" }, () =>
        step.transaction ? apply(db, step, options) : applyAlone(db, step, options),
      );
    }
    return { applied: pending.map(({ id }) => id), skipped };
  });
}

export async function revertSteps(db: Database, steps: readonly Step[], options: RunOptions): Promise<string[]> {
  const { set = "app", dryRun = false } = options;
  const plan = async (): Promise<Step[]> => {
    const states = await statusOf(db.outside, steps, set);
    checkStates(states, false);
    const applied = states.filter(({ state }) => state === "applied").map(({ id }) => id);
    const { to = applied.at(-2) } = options;
    if (options.to !== undefined && !applied.includes(options.to))
      throw new TypeError(`to must be the id of an applied migration; got ${JSON.stringify(options.to)}`);
    const kept = to === undefined ? 0 : applied.indexOf(to) + 1;
    return applied
      .slice(kept)
      .reverse()
      .map((id) => steps.find((step) => step.id === id))
      .filter((step) => step !== undefined);
  };
  const before = await plan();
  for (const { id, down } of before)
    if (down === undefined)
      throw errors.POSTGRES_MIGRATION_FAILED({ id }, { message: `Migration ${id} has no part that reverts it` });
  if (dryRun || before.length === 0) return before.map(({ id }) => id);
  return withMigrationLock(db, options, async (checkLock) => {
    const reverted = await plan();
    for (const step of reverted) {
      checkLock();
      await timed({ db, step, set, outcome: "reverted" }, () => undo(db, step, options));
    }
    return reverted.map(({ id }) => id);
  });
}

/** The caller holds the lock, so that no other process creates the table at the same moment. */
async function createTable(db: Database): Promise<void> {
  await db.outside.transaction(async (tx) => {
    const { rows } = await tx.query("select to_regclass($1) is null as missing", [TABLE]);
    if (rows[0]?.missing !== true) return;
    await tx.query(`create table ${TABLE} (
      set text not null, id text not null, checksum text not null,
      started_at timestamptz not null default clock_timestamp(), finished_at timestamptz, primary key (set, id))`);
  });
}

/** Applies a step and notes it in one transaction. */
async function apply(db: Database, step: Step, options: RunOptions): Promise<void> {
  await db.outside.transaction(async (tx) => {
    await step.up(await sameTransaction(tx));
    await note(tx, step, options, "clock_timestamp()");
  }, limitsOf(options));
}

/** Notes that a step without a transaction has begun, so that one that did not end is known as such. */
async function applyAlone(db: Database, step: Step, options: RunOptions): Promise<void> {
  const { set = "app" } = options;
  await note(db.outside, step, options, "null");
  await alone(db, (sql) => step.up(sql));
  await db.outside.query(`update ${TABLE} set finished_at = clock_timestamp() where set = $1 and id = $2`, [
    set,
    step.id,
  ]);
}

async function undo(db: Database, step: Step, options: RunOptions): Promise<void> {
  const forget = (sql: PostgresClient): Promise<unknown> =>
    sql.query(`delete from ${TABLE} where set = $1 and id = $2`, [options.set ?? "app", step.id]);
  if (step.transaction)
    return db.outside.transaction(async (tx) => {
      await step.down?.(await sameTransaction(tx));
      await forget(tx);
    }, limitsOf(options));
  await alone(db, async (sql) => step.down?.(sql));
  await forget(db.outside);
}

/**
 * On a connection without a limit on waits for locks: `create index concurrently` waits for every older transaction of the
 * database, and what it has done so far stays as an invalid index if it gives up.
 */
async function alone(db: Database, fn: (sql: PostgresClient) => Promise<void>): Promise<void> {
  if (db.engine === "pglite") return fn(db.outside);
  await using aside = await db.aside();
  await fn(aside.client);
}

async function note(sql: PostgresClient, step: Step, { set = "app" }: RunOptions, finished: string): Promise<void> {
  const { rows } = await sql.query(
    `insert into ${TABLE} as entry (set, id, checksum, finished_at) values ($1, $2, $3, ${finished})
     on conflict (set, id) do update
     set checksum = excluded.checksum, started_at = excluded.started_at, finished_at = excluded.finished_at
     where entry.finished_at is null returning id`,
    [set, step.id, step.checksum],
  );
  // Where the connection with the lock was lost while a step ran, another process may have applied it as well.
  if (rows.length === 0) throw new Error("another process has applied it meanwhile");
}

/** A client that notices if the statements of a step end the transaction around them, as by a COMMIT of their own. */
async function sameTransaction(tx: PostgresClient): Promise<PostgresClient> {
  const current = async (): Promise<unknown> => (await tx.query("select pg_current_xact_id()::text as id")).rows[0]?.id;
  const began = await current();
  return {
    query: async (statement, params) => {
      const result = await tx.query(statement, params);
      if ((await current()) !== began)
        throw new Error("a statement of the migration ended its transaction; leave out BEGIN, COMMIT and ROLLBACK");
      return result;
    },
  } as PostgresClient;
}

function limitsOf({ tableLockTimeout = "5s", statementTimeout = 0 }: RunOptions): {
  lockTimeout: Duration;
  statementTimeout: Duration;
} {
  return { lockTimeout: tableLockTimeout, statementTimeout };
}

/** Runs one step, and emits how it ended. */
async function timed(
  { db, step, set, outcome }: { db: Database; step: Step; set: string; outcome: "applied" | "reverted" },
  run: () => Promise<void>,
): Promise<void> {
  const began = performance.now();
  const emit = (ending: string, details: object): void => {
    if (migrationEvent.active)
      migrationEvent.emit({ database: db.name, outcome: ending }, (performance.now() - began) / 1000, {
        id: step.id,
        set,
        ...details,
      });
  };
  try {
    await run();
  } catch (cause) {
    const error = errors.POSTGRES_MIGRATION_FAILED(
      { id: step.id, set },
      { cause, message: `Migration ${step.id} failed: ${cause instanceof Error ? cause.message : String(cause)}` },
    );
    emit("failed", { error });
    throw error;
  }
  emit(outcome, {});
}
