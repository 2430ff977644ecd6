import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { PGlite } from "@electric-sql/pglite";
import { openTransaction, runInTransaction, type SqlClient, type SqlTransactions } from "@seaworthy/core";
import pg from "pg";
import { authMigrations } from "../src/postgres.ts";

/** A database with the tables of the accounts. */
export interface TestServer {
  readonly db: SqlClient & SqlTransactions;
  close(): Promise<void>;
}

const URL_OF_SERVER = process.env.DATABASE_URL ?? "postgres://postgres@127.0.0.1:5432/postgres";

/** Whether there is a PostgreSQL server; CI needs it. */
export const SERVER_IS_THERE: boolean = await new Promise((resolve, reject) => {
  const { hostname, port } = new URL(URL_OF_SERVER);
  const socket = connect(Number(port || 5432), hostname);
  socket.once("connect", () => {
    socket.destroy();
    resolve(true);
  });
  socket.once("error", () => {
    if (process.env.CI === "true") return reject(new Error("there is no PostgreSQL server, which CI needs"));
    console.warn("skipped: there is no PostgreSQL server");
    resolve(false);
  });
});

/** The port as a host would write it over a driver, without @seaworthy/postgres. */
function clientOf(
  query: SqlClient["query"],
  transact: <T>(fn: (sql: SqlClient) => Promise<T>) => Promise<T>,
): SqlClient & SqlTransactions {
  const db: SqlClient & SqlTransactions = {
    query: (text, params) => (openTransaction(db) ?? { query }).query(text, params),
    transaction: (fn) => transact((sql) => runInTransaction(db, sql, () => fn(sql))),
  };
  return db;
}

async function applyMigrations(db: SqlClient): Promise<void> {
  for (const { statements } of authMigrations) for (const statement of statements) await db.query(statement);
}

export async function embedded(): Promise<TestServer> {
  const database = await PGlite.create();
  const plain = (sql: Pick<PGlite, "query">): SqlClient => ({
    query: async (text, params) => {
      const { rows } = await sql.query<Record<string, unknown>>(text, params);
      return { rows };
    },
  });
  const db = clientOf(plain(database).query, (fn) => database.transaction((tx) => fn(plain(tx as never))));
  await applyMigrations(db);
  return { db, close: () => database.close() };
}

export async function onServer(): Promise<TestServer> {
  const schema = `sw_auth_${randomBytes(6).toString("hex")}`;
  const pool = new pg.Pool({ connectionString: URL_OF_SERVER, max: 20, options: `-c search_path=${schema}` });
  pool.on("error", () => undefined);
  await pool.query(`create schema ${schema}`);
  const transact = async <T>(fn: (sql: SqlClient) => Promise<T>): Promise<T> => {
    const client = await pool.connect();
    try {
      await client.query("begin");
      const result = await fn(client);
      await client.query("commit");
      return result;
    } catch (error) {
      await client.query("rollback");
      throw error;
    } finally {
      client.release();
    }
  };
  const db = clientOf((text, params) => pool.query(text, params), transact);
  await applyMigrations(db);
  return {
    db,
    async close() {
      await pool.query(`drop schema ${schema} cascade`);
      await pool.end();
    },
  };
}
