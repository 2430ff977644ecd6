import { type Duration, sleep } from "@seaworthy/core";
import { SerialQueue } from "@seaworthy/core/waiting";
import { errors } from "../../errors.ts";
import type { Database } from "../database.ts";
import type { Session } from "../engine.ts";
import { limit } from "../settings.ts";

// An arbitrary number that names this lock among the advisory locks of the database: "seaworth" in ASCII.
const LOCK = "8315161591463605352";
const PAUSE = 50;
const local = new WeakMap<Database, SerialQueue>();

/**
 * Runs `fn` while this process alone migrates the database. `fn` gets a function that throws if the lock was lost.
 *
 * The lock is an advisory lock of a transaction on a connection of its own, so that it also works behind a pooler and ends
 * with its holder, however it ends. It is asked for again and again: a session that waits inside `pg_advisory_lock()`
 * keeps a snapshot, for which a `create index concurrently` of the holder would wait in turn.
 */
export async function withMigrationLock<T>(
  db: Database,
  { lockTimeout }: { lockTimeout?: Duration },
  fn: (checkLock: () => void) => Promise<T>,
): Promise<T> {
  const longest = limit("lockTimeout", lockTimeout, "60s");
  const queue = local.get(db) ?? new SerialQueue();
  local.set(db, queue);
  return queue.add(() => (db.engine === "pglite" ? fn(() => undefined) : withServerLock(db, longest, fn)));
}

async function withServerLock<T>(db: Database, longest: number, fn: (checkLock: () => void) => Promise<T>): Promise<T> {
  await using aside = await db.aside();
  const { session } = aside;
  await takeLock(session, longest);
  const checkLock = (): void => {
    if (session.lost)
      throw errors.POSTGRES_CONNECTION_LOST({}, { message: "The connection with the migration lock was lost" });
  };
  try {
    return await fn(checkLock);
  } finally {
    await session.query("ROLLBACK").catch(() => undefined);
  }
}

async function takeLock(session: Session, longest: number): Promise<void> {
  const deadline = performance.now() + longest;
  for (;;) {
    await session.query("BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL statement_timeout = 0");
    const { rows } = await session.query(`select pg_try_advisory_xact_lock(${LOCK}) as held`);
    if (rows[0]?.held === true) return;
    await session.query("ROLLBACK");
    if (performance.now() >= deadline)
      throw errors.POSTGRES_MIGRATION_LOCKED(
        { waited: longest },
        { message: `Another process held the migration lock for more than ${longest} ms` },
      );
    await sleep(PAUSE + Math.random() * PAUSE);
  }
}
