import type { Row } from "@seaworthy/core";
import { checkOptions, integer, showValue } from "@seaworthy/core/options";
import { elementText } from "./internal/element-text.ts";
import type { PostgresClient } from "./postgres.ts";
import { isStatement, type SqlStatement, sql } from "./sql.ts";

/** Options of {@link insertMany}. */
export interface InsertManyOptions {
  /** Rows per statement, 1 to 100 000. @default 5000 */
  batch?: number;
  /** What follows the rows, such as `` sql`on conflict (id) do nothing` ``. */
  onConflict?: SqlStatement;
}

/** Something that can run {@link insertMany}: a database or one of its transactions. */
type Target = PostgresClient & { transaction?: <T>(fn: (sql: PostgresClient) => Promise<T>) => Promise<T> };

/**
 * Inserts rows with one statement per batch, whose parameters are one array per column (`unnest`), so that the number of
 * rows is not bounded by the protocol's 65 535 parameters. All batches are inserted, or none: on a database, several of
 * them run in a transaction.
 *
 * @param table - the table's name, or its schema and name
 * @returns how many rows were inserted; rows that `onConflict` left out are not counted
 * @throws TypeError if the rows do not all have the same columns, or a value cannot be written as text
 * @example
 * ```ts
 * import { connectPostgres, insertMany } from "@seaworthy/postgres";
 * await using db = await connectPostgres({ url: "pglite://memory" });
 * await db.query("create table points (id int, tags text[])");
 * console.log(await insertMany(db, "points", [{ id: 1, tags: ["a"] }, { id: 2, tags: [] }])); // 2
 * ```
 */
export async function insertMany(
  client: Target,
  table: string | readonly [schema: string, name: string],
  rows: readonly Row[],
  options: InsertManyOptions = {},
): Promise<number> {
  checkOptions("insertMany", options, ["batch", "onConflict"]);
  const batch = integer("batch", options.batch === undefined ? 5000 : options.batch, 1, 100_000);
  const { onConflict } = options;
  if (onConflict !== undefined && !isStatement(onConflict))
    throw new TypeError(`onConflict must be a statement of sql; got ${showValue(onConflict)}`);
  const target = typeof table === "string" ? sql.identifier(table) : sql.identifier(...table);
  const columns = columnsOf(rows);
  if (columns.length === 0) return 0;
  const types = await typesOf(client, target, columns);
  const insertion: Insertion = { table: target, columns, types, onConflict };
  const batches: SqlStatement[] = [];
  for (let start = 0; start < rows.length; start += batch)
    batches.push(statementFor(insertion, rows.slice(start, start + batch)));
  const runAll = async (sqlClient: PostgresClient): Promise<number> => {
    let count = 0;
    for (const statement of batches) count += (await sqlClient.query(statement)).rowCount ?? 0;
    return count;
  };
  return batches.length > 1 && client.transaction !== undefined ? client.transaction(runAll) : runAll(client);
}

function columnsOf(rows: readonly Row[]): string[] {
  if (!Array.isArray(rows)) throw new TypeError(`rows must be an array; got ${showValue(rows)}`);
  const columns = rows.length === 0 ? [] : Object.keys(rows[0] ?? {});
  if (rows.length > 0 && columns.length === 0) throw new TypeError("rows[0] must have at least one column");
  for (const [index, row] of rows.entries()) {
    const own = typeof row === "object" && row !== null ? Object.keys(row) : [];
    if (own.length !== columns.length || columns.some((column) => !Object.hasOwn(row, column)))
      throw new TypeError(
        `rows[${index}] must have the columns of rows[0] (${columns.join(", ")}); got ${own.join(", ")}`,
      );
  }
  return columns;
}

/**
 * The types of the columns as the server writes them, which the text of each element is cast to: without their lengths,
 * because a cast cuts a value that is too long, and without their domains, whose lengths it would cut to as well. The
 * assignment to the column then refuses what does not fit.
 */
async function typesOf(client: PostgresClient, table: SqlStatement, columns: readonly string[]): Promise<string[]> {
  const { rows } = await client.query<{ name: string; type: string }>(
    sql`with recursive base as (
        select attname::text as name, atttypid as type from pg_attribute
        where attrelid = ${table.text}::regclass and attnum > 0 and not attisdropped
        union all select base.name, dom.typbasetype from base join pg_type dom on dom.oid = base.type and dom.typtype = 'd'
      )
      select base.name, format_type(base.type, -1) as type from base
      join pg_type real on real.oid = base.type and real.typtype <> 'd'`,
  );
  const types = new Map(rows.map(({ name, type }) => [name, type]));
  return columns.map((column) => {
    const type = types.get(column);
    if (type === undefined) throw new TypeError(`${table.text} has no column ${showValue(column)}`);
    return type;
  });
}

interface Insertion {
  readonly table: SqlStatement;
  readonly columns: readonly string[];
  /** The type of each column, as the server writes it. */
  readonly types: readonly string[];
  readonly onConflict: SqlStatement | undefined;
}

function statementFor({ table, columns, types, onConflict }: Insertion, rows: readonly Row[]): SqlStatement {
  const names = sql.join(columns.map((column) => sql.identifier(column)));
  const arrays = columns.map((column, at) => {
    const isArray = types[at]?.endsWith("[]") === true;
    return sql`${rows.map((row, index) => elementText(row[column], `rows[${index}].${column}`, isArray))}::text[]`;
  });
  // The type is the server's own word for it, which no caller can choose.
  const values = columns.map((_, at) => raw(`new.c${at}::${types[at]}`));
  const aliases = raw(columns.map((_, at) => `c${at}`).join(", "));
  const tail = onConflict === undefined ? sql`` : sql` ${onConflict}`;
  return sql`insert into ${table} (${names}) select ${sql.join(values)} from unnest(${sql.join(arrays)}) as new(${aliases})${tail}`;
}

/** Text that this file has made, as a part of a statement. */
function raw(text: string): SqlStatement {
  return sql(Object.assign([text], { raw: [text] }));
}
