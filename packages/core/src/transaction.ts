import { AsyncLocalStorage } from "node:async_hooks";
import { shared } from "./internal/shared.ts";
import { showValue } from "./options.ts";
import type { SqlClient } from "./ports.ts";

interface Open {
  readonly database: object;
  readonly sql: SqlClient;
  readonly outer: Open | undefined;
  ended: boolean;
}

const storage = shared("transactions.v1", () => new AsyncLocalStorage<Open>());

/**
 * Runs `fn` with `sql` as the open transaction of `database`, through every promise, timer and emitter that it starts.
 * For implementations of `SqlTransactions`: they begin the transaction before and end it after.
 *
 * Once `fn` has settled, {@link openTransaction} no longer returns `sql`, also in work that `fn` left running: a
 * connection that went back to its pool must not be used for somebody else's statements.
 *
 * @throws TypeError if `database` is not an object, or `sql` has no `query`
 * @example
 * ```ts
 * import { openTransaction, runInTransaction, type SqlClient } from "@seaworthy/core";
 * const database: SqlClient = { query: async () => ({ rows: [] }) };
 * const connection: SqlClient = { query: async () => ({ rows: [] }) };
 * await runInTransaction(database, connection, async () => console.log(openTransaction(database) === connection)); // true
 * console.log(openTransaction(database)); // undefined
 * ```
 */
export async function runInTransaction<T>(database: object, sql: SqlClient, fn: () => T | Promise<T>): Promise<T> {
  if (typeof database !== "object" || database === null)
    throw new TypeError(`database must be an object; got ${showValue(database)}`);
  if (typeof sql?.query !== "function") throw new TypeError(`sql must have a query method; got ${showValue(sql)}`);
  const open: Open = { database, sql, outer: storage.getStore(), ended: false };
  try {
    return await storage.run(open, fn);
  } finally {
    open.ended = true;
  }
}

/**
 * The connection on which the running code has a transaction of `database` open, or `undefined` if it has none. A store
 * that writes through it commits or rolls back together with its caller: `(openTransaction(database) ?? database).query(…)`.
 */
export function openTransaction(database: object): SqlClient | undefined {
  for (let open = storage.getStore(); open !== undefined; open = open.outer)
    if (open.database === database && !open.ended) return open.sql;
  return undefined;
}
