import { randomBytes } from "node:crypto";
import { checkOptions, showValue } from "@seaworthy/core/options";
import { connectPostgres } from "./connect-postgres.ts";
import type { Postgres, PostgresClient } from "./postgres.ts";
import { isStatement, type SqlStatement, sql } from "./sql.ts";

/** A database for one test or one file of tests. */
export interface TestDatabase extends AsyncDisposable {
  readonly db: Postgres;
  readonly url: string;
  /** Closes it and removes it from the server. */
  close(): Promise<void>;
}

/** Options of {@link testDatabase}. */
export interface TestDatabaseOptions {
  /** A server on which databases may be created. @default an embedded database in memory */
  server?: string;
}

/**
 * Makes an empty database: on a server one of its own with an unused name, otherwise an embedded one in memory.
 *
 * @throws TypeError if an option is malformed
 */
export async function testDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  checkOptions("testDatabase", options, ["server"]);
  const { server } = options;
  const name = `test_${randomBytes(8).toString("hex")}`;
  const url = server === undefined ? "pglite://memory" : urlOf(server, name);
  if (server !== undefined) await administrate(server, sql`create database ${sql.identifier(name)} template template0`);
  const db = await connectPostgres({ url, name: "test" });
  const close = async (): Promise<void> => {
    await db.close({ timeout: 0 });
    if (server !== undefined)
      await administrate(server, sql`drop database if exists ${sql.identifier(name)} with (force)`);
  };
  return { db, url, close, [Symbol.asyncDispose]: close };
}

function urlOf(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

async function administrate(server: string, statement: SqlStatement): Promise<void> {
  await using admin = await connectPostgres({ url: server, base: 0, overflow: 1 });
  await admin.query(statement);
}

/**
 * Asserts that a query can be answered by an index. Reading whole tables is made expensive for the planner, because it
 * would rightly prefer that to an index in a table of a test's size.
 *
 * @throws Error showing the plan, if it does not use the index
 */
export async function expectPlan(db: Postgres, query: SqlStatement, expected: { uses: string }): Promise<void> {
  if (!isStatement(query)) throw new TypeError(`query must be a statement of sql; got ${showValue(query)}`);
  checkOptions("expectPlan", expected, ["uses"]);
  const plan = await db.transaction(async (tx) => {
    await tx.query("set local enable_seqscan = off; set local enable_sort = off");
    const { rows } = await tx.query(sql`explain (format json) ${query}`);
    return rows[0]?.["QUERY PLAN"];
  });
  if (!indexesOf(plan).includes(expected.uses))
    throw new Error(`the plan does not use the index ${expected.uses}:\n${JSON.stringify(plan, undefined, 2)}`);
}

function indexesOf(plan: unknown): string[] {
  const found: string[] = [];
  JSON.stringify(plan, (key, value: unknown) => {
    if (key === "Index Name") found.push(String(value));
    return value;
  });
  return found;
}

/** A foreign key whose columns no index begins with. */
export interface UnindexedForeignKey {
  readonly table: string;
  readonly constraint: string;
  readonly columns: readonly string[];
}

/**
 * The foreign keys of all tables that no index serves. Without one, each deletion in the table they refer to reads the
 * whole table.
 */
export async function unindexedForeignKeys(db: PostgresClient): Promise<readonly UnindexedForeignKey[]> {
  const { rows } = await db.query(
    `select con.conrelid::regclass::text as "table", con.conname::text as "constraint",
       array(select att.attname::text from unnest(con.conkey) with ordinality as k(num, at)
             join pg_attribute att on att.attrelid = con.conrelid and att.attnum = k.num order by k.at) as columns
     from pg_constraint con
     join pg_class rel on rel.oid = con.conrelid
     join pg_namespace ns on ns.oid = rel.relnamespace and ns.nspname not in ('pg_catalog', 'information_schema')
     where con.contype = 'f' and not exists (
       select from pg_index ind where ind.indrelid = con.conrelid and ind.indisvalid and ind.indpred is null
         and (string_to_array(ind.indkey::text, ' ')::int2[])[1:cardinality(con.conkey)] @> con.conkey)
     order by 1, 2`,
  );
  return rows as unknown as UnindexedForeignKey[];
}
