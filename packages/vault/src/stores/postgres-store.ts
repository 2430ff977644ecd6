import type { SqlClient, SqlMigration } from "@seaworthy/core";
import { checkOptions } from "@seaworthy/core/options";
import { errors } from "../errors.ts";
import { shown } from "../internal/check.ts";
import type { VaultCommit, VaultStore } from "./store.ts";

/** Options of {@link postgresStore}. */
export interface PostgresStoreOptions {
  /** Which vault, where a schema holds several: 1 to 63 characters. @default "default" */
  name?: string;
  /** Schema of the two tables: lower-case letters, digits and underscores. @default "seaworthy_vault" */
  schema?: string;
  /** Creates the schema and its tables at the first use if they are missing; if `false`, the host applies {@link vaultMigrations}. @default true */
  migrate?: boolean;
}

// After these answers it is open whether the statement was executed: connection exceptions, shutdown, unknown completion.
const UNCERTAIN = /^(08...|57P0[123]|40003)$/;
const NEVER_SENT = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN"];
// With transactions that are stricter than the default, the server answers with these if another writer was first.
const OVERTAKEN = ["40001", "40P01"];

/**
 * A store in PostgreSQL, over any client or pool that runs single statements. PGlite fits too. Every write is one
 * statement that compares and swaps the epoch.
 *
 * The store never joins an open transaction of its caller: a vault keeps the newest state in memory, and a rollback would
 * leave it ahead of its store. Give it a pool, or a client on which no other code begins transactions.
 *
 * @throws TypeError if the client or an option is malformed
 */
export function postgresStore(sql: SqlClient, options: PostgresStoreOptions = {}): VaultStore {
  if (typeof sql?.query !== "function") throw new TypeError(`sql must have a query method; got ${shown(sql)}`);
  checkOptions("postgresStore", options, ["name", "schema", "migrate"]);
  const { name = "default", migrate = true } = options;
  if (typeof name !== "string" || name === "" || name.length > 63)
    throw new TypeError(`name must be a string of 1 to 63 characters; got ${shown(name)}`);
  const schema = checkSchema(options.schema);
  let ready: Promise<void> | undefined;
  const query: SqlClient["query"] = async (text, params) => {
    if (migrate) {
      ready ??= createTables(sql, schema).catch((error: unknown) => {
        ready = undefined;
        throw error;
      });
      await ready;
    }
    return sql.query(text, params);
  };
  const asking: SqlClient["query"] = (text, params) =>
    query(text, params).catch((cause: unknown) => {
      throw errors.VAULT_STORE_FAILED({ reason: codeOf(cause) }, { cause });
    });
  return { kind: "postgres", ...statements(asking, query, schema, name) };
}

/**
 * The steps that create the tables of {@link postgresStore} in the schema `seaworthy_vault`, for a tool that applies
 * migrations. The store creates its tables with the same statements.
 */
export const vaultMigrations: readonly SqlMigration[] = vaultMigrationsFor("seaworthy_vault");

/**
 * The same steps for another schema. Their ids contain its name, so that vaults in several schemas can be migrated together.
 *
 * @throws TypeError if the schema's name is malformed
 */
export function vaultMigrationsFor(schema: string): readonly SqlMigration[] {
  const checked = checkSchema(schema);
  const statements = [
    `CREATE SCHEMA IF NOT EXISTS ${checked}`,
    `CREATE TABLE IF NOT EXISTS ${checked}.heads (
       vault text PRIMARY KEY, epoch bigint NOT NULL, head bytea NOT NULL, written timestamptz NOT NULL DEFAULT now())`,
    `CREATE TABLE IF NOT EXISTS ${checked}.segments (
       vault text NOT NULL, id text NOT NULL, bytes bytea NOT NULL, PRIMARY KEY (vault, id))`,
  ];
  return Object.freeze([Object.freeze({ id: `vault/${checked}/0001-tables`, statements: Object.freeze(statements) })]);
}

function statements(
  query: SqlClient["query"],
  writing: SqlClient["query"],
  schema: string,
  vault: string,
): Omit<VaultStore, "kind"> {
  // Bytes travel as base64 and the epoch as text: drivers differ in how they hand over bytea and bigint.
  return {
    async read() {
      const { rows } = await query(
        `SELECT epoch::text AS epoch, encode(head, 'base64') AS head FROM ${schema}.heads WHERE vault = $1`,
        [vault],
      );
      const row = rows[0];
      return row && { epoch: Number(row.epoch), head: Buffer.from(String(row.head), "base64") };
    },
    async epoch() {
      const { rows } = await query(`SELECT epoch::text AS epoch FROM ${schema}.heads WHERE vault = $1`, [vault]);
      return rows[0] && Number(rows[0].epoch);
    },
    async readSegment(id) {
      const { rows } = await query(
        `SELECT encode(bytes, 'base64') AS bytes FROM ${schema}.segments WHERE vault = $1 AND id = $2`,
        [vault, id],
      );
      return rows[0] && Buffer.from(String(rows[0].bytes), "base64");
    },
    async commit(expected, next): Promise<boolean> {
      const parameters = [
        ...[vault, next.epoch, Buffer.from(next.head).toString("base64"), segmentsOf(next), JSON.stringify(next.keep)],
        ...(expected === undefined ? [] : [expected]),
      ];
      try {
        const { rows } = await writing(swapStatement(schema, expected === undefined), parameters);
        return rows.length === 1;
      } catch (error) {
        const code = codeOf(error);
        if (OVERTAKEN.includes(code)) return false;
        // An answer of the server, or a connection that was never made: the statement had no effect.
        if ((/^[0-9A-Z]{5}$/.test(code) && !UNCERTAIN.test(code)) || NEVER_SENT.includes(code))
          throw errors.VAULT_STORE_FAILED({ reason: code }, { cause: error });
        // The answer was lost. If the head is this write's, it was done; if not, the server may still be at it.
        const stored = await this.read().catch(() => undefined);
        if (stored !== undefined && Buffer.compare(stored.head, next.head) === 0) return true;
        throw errors.VAULT_OUTCOME_UNKNOWN({ epoch: next.epoch }, { cause: error });
      }
    },
  };
}

/** One statement, since on a pool the next one may run elsewhere, and since half of a write must not exist. */
function swapStatement(schema: string, isFirst: boolean): string {
  const head = "decode($3::text, 'base64')";
  const swap = isFirst
    ? `INSERT INTO ${schema}.heads (vault, epoch, head) VALUES ($1::text, $2::bigint, ${head}) ON CONFLICT DO NOTHING RETURNING 1`
    : `UPDATE ${schema}.heads SET epoch = $2::bigint, head = ${head}, written = now()
       WHERE vault = $1::text AND epoch = $6::bigint RETURNING 1`;
  return `WITH swapped AS (${swap}),
    added AS (INSERT INTO ${schema}.segments (vault, id, bytes)
      SELECT $1::text, s.id, decode(s.bytes, 'base64') FROM json_to_recordset($4::json) AS s(id text, bytes text)
      WHERE EXISTS (SELECT FROM swapped) RETURNING 1),
    dropped AS (DELETE FROM ${schema}.segments
      WHERE vault = $1::text AND EXISTS (SELECT FROM swapped)
        AND id NOT IN (SELECT json_array_elements_text($5::json)) RETURNING 1)
    SELECT 1 AS done FROM swapped`;
}

function segmentsOf({ add }: VaultCommit): string {
  return JSON.stringify(add.map(({ id, bytes }) => ({ id, bytes: Buffer.from(bytes).toString("base64") })));
}

/**
 * Looks before it creates anything, so that a role which may not create works on tables that exist. Sessions that create
 * at the same moment go one after the other. The lock on `pg_namespace` follows the advisory lock because the wait leaves
 * the session's catalog cache out of date, which `IF NOT EXISTS` relies on; taking a lock on a table brings it up to date.
 */
async function createTables(sql: SqlClient, schema: string): Promise<void> {
  const { rows } = await sql.query("SELECT to_regclass($1) IS NULL OR to_regclass($2) IS NULL AS missing", [
    `${schema}.heads`,
    `${schema}.segments`,
  ]);
  if (rows[0]?.missing !== true) return;
  const statements = vaultMigrationsFor(schema).flatMap((step) => step.statements);
  await sql.query(`DO $create$ BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('seaworthy_vault'), hashtext('${schema}'));
    LOCK TABLE pg_catalog.pg_namespace IN ACCESS SHARE MODE;
    ${statements.join(";\n")};
  END $create$`);
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | null)?.code ?? "unknown");
}

function checkSchema(schema = "seaworthy_vault"): string {
  if (typeof schema !== "string" || !/^[a-z_][a-z0-9_]{0,62}$/.test(schema))
    throw new TypeError(`schema must be lower-case letters, digits and underscores; got ${shown(schema)}`);
  return schema;
}
