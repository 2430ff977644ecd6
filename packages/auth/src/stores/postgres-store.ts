import type { SqlClient, SqlTransactions } from "@seaworthy/core";
import { requiredFunction } from "@seaworthy/core/options";
import { postgresAccounts } from "../internal/postgres/accounts.ts";
import {
  postgresApiKeys,
  postgresIdentities,
  postgresOnce,
  postgresPasskeys,
} from "../internal/postgres/credentials.ts";
import { AuthDatabase } from "../internal/postgres/database.ts";
import { postgresSessions } from "../internal/postgres/sessions.ts";
import type { AuthStore } from "./store.ts";

const DAY = 86_400_000;
// Rows that one statement removes, so that a large clean-up holds no locks for long.
const BATCH = 5000;

/**
 * Accounts and sessions in PostgreSQL or PGlite, in the tables of `authMigrations`. What is called in an open transaction
 * of `db` is part of it. Attempts to log in, codes and refresh tokens are refused there, because a rollback would
 * make them valid again.
 *
 * @throws TypeError if `db` has no `query` or no `transaction`
 */
export function postgresAuthStore(db: SqlClient & SqlTransactions): AuthStore {
  requiredFunction("db.query", db?.query);
  requiredFunction("db.transaction", db.transaction);
  const database = new AuthDatabase(db);
  return {
    kind: "postgres",
    ...postgresAccounts(database),
    ...postgresSessions(database),
    ...postgresOnce(database),
    ...postgresApiKeys(database),
    ...postgresPasskeys(database),
    ...postgresIdentities(database),
    transaction: (fn) => database.transaction(fn),
    removeExpired: (now) => removeExpired(database, now),
    close: async () => undefined,
  };
}

/** The key of each table, and what of it has expired. The refresh tokens of a session are removed with it. */
const EXPIRED: readonly (readonly [table: string, key: string, where: string])[] = [
  ["seaworthy_auth_refreshes", "hash", "expires_at <= $1::bigint"],
  ["seaworthy_auth_sessions", "id", "expires_at <= $1::bigint"],
  ["seaworthy_auth_sessions", "id", `ended_at <= $1::bigint - ${DAY}`],
  ["seaworthy_auth_revoked", "jti", "expires_at <= $1::bigint"],
  ["seaworthy_auth_once", "hash", "expires_at <= $1::bigint"],
];

async function removeExpired(database: AuthDatabase, now: number): Promise<number> {
  let removed = 0;
  for (const [table, key, where] of EXPIRED) {
    for (let batch = BATCH; batch === BATCH; removed += batch) {
      const rows = await database.rows(
        `delete from ${table} where ${key} in (select ${key} from ${table} where ${where} limit ${BATCH}) returning 1 as one`,
        [now],
      );
      batch = rows.length;
    }
  }
  return removed;
}
