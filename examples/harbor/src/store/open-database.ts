import { join } from "node:path";
import { auditMigrations } from "@seaworthy/audit/postgres";
import { authMigrations } from "@seaworthy/auth/postgres";
import { isSeaworthyError, type SeaworthyError } from "@seaworthy/core";
import { connectPostgres, migrate, type Postgres } from "@seaworthy/postgres";
import { retry } from "@seaworthy/resilience";
import type { HarborConfig } from "../config.ts";

/**
 * Opens the database and brings its tables up to date. Without a URL it is an embedded one in the data directory. A server
 * that does not answer yet gets half a minute to start.
 */
export async function openDatabase(
  { data, database }: Pick<HarborConfig, "data" | "database">,
  signal?: AbortSignal,
): Promise<Postgres> {
  const { url = `pglite://${join(data.directory, "database")}`, ...pool } = database;
  const db = await retry(() => connectPostgres({ name: "harbor", url, ...pool }), {
    attempts: url.startsWith("pglite:") ? 1 : 30,
    backoff: "constant",
    initialDelay: "1s",
    jitter: "equal",
    retryIf: (error) => isSeaworthyError(error, "POSTGRES_UNREACHABLE") && !isMistake(error),
    ...(signal === undefined ? {} : { signal }),
  });
  try {
    await migrate(db, join(import.meta.dirname, "migrations"));
    await migrate(db, auditMigrations, { set: "seaworthy.audit" });
    await migrate(db, authMigrations, { set: "seaworthy.auth" });
    return db;
  } catch (error) {
    await db.close();
    throw error;
  }
}

/** A wrong password or a database that does not exist: SQLSTATE classes 28 and 3D. Waiting does not mend it. */
const isMistake = ({ context }: SeaworthyError): boolean => /^(28|3D)/.test(String(context.reason));
