import { Database } from "./internal/database.ts";
import { openPgEngine } from "./internal/pg-engine.ts";
import { openPgliteEngine } from "./internal/pglite-engine.ts";
import { settingsOf } from "./internal/settings.ts";
import type { Postgres, PostgresOptions } from "./postgres.ts";
import { capacityEvent } from "./telemetry.ts";

/**
 * Opens a database and sees to it that it answers.
 *
 * A `postgres://` URL uses the `pg` package and a `pglite://` URL `@electric-sql/pglite`. Both are optional peer
 * dependencies, and each is loaded only if it is used.
 *
 * @throws TypeError if an option is malformed
 * @throws POSTGRES_UNREACHABLE if no connection can be opened within `connectTimeout`
 * @throws POSTGRES_BUSY if another process has the folder of the embedded database open
 * @throws POSTGRES_DRIVER_MISSING if the driver's package is not installed
 * @example
 * ```ts
 * import { connectPostgres, sql } from "@seaworthy/postgres";
 * await using db = await connectPostgres({ url: "pglite://memory" });
 * const { rows } = await db.query<{ sum: number }>(sql`select ${20}::int + ${22}::int as sum`);
 * console.log(rows[0]?.sum); // 42
 * ```
 */
export async function connectPostgres(options: PostgresOptions): Promise<Postgres> {
  const settings = settingsOf(options);
  const engine = await (settings.url.startsWith("pglite:") ? openPgliteEngine(settings) : openPgEngine(settings));
  const database = new Database(engine, settings);
  try {
    await checkCapacity(database);
  } catch (error) {
    await database.close({ timeout: 0 });
    throw error;
  }
  return database;
}

/** Asks for the server's limit, which is also the first use of a connection. A pooler's limits are its own. */
async function checkCapacity(database: Database): Promise<void> {
  const { rows } = await database.query(
    `select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as available`,
  );
  const { pooler, instances } = database.settings;
  if (database.engine === "pglite" || pooler === "transaction") return;
  const available = Number(rows[0]?.available);
  const needed = instances * database.stats().max;
  if (needed > available && capacityEvent.active)
    capacityEvent.emit({ database: database.name }, 1, { needed, available, instances });
}
