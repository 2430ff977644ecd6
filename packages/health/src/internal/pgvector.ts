import type { Row, SqlClient } from "@seaworthy/core";

/** The state of a table of vectors. */
export type PgvectorTable =
  | { readonly present: false; readonly extension: boolean }
  | {
      readonly present: true;
      readonly documents: number;
      readonly estimated: boolean;
      readonly indexes: number;
      readonly invalid: number;
      readonly indexing: boolean;
    };

// Rows are counted up to here. Above it, a probe would scan the table, so the planner's estimate is used.
const COUNTED = 10_000;

const STATE = `
  select exists (select from pg_extension where extname = 'vector') as extension,
    c.oid::regclass::text as name, c.reltuples::float8 as estimate,
    exists (select from pg_attribute a join pg_type t on t.oid = a.atttypid
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and t.typname in ('vector', 'halfvec', 'sparsevec', 'bit')) as vectors,
    (select count(*)::int from pg_index i join pg_class x on x.oid = i.indexrelid join pg_am m on m.oid = x.relam
      where i.indrelid = c.oid and m.amname in ('hnsw', 'ivfflat')) as indexes,
    (select count(*)::int from pg_index i join pg_class x on x.oid = i.indexrelid join pg_am m on m.oid = x.relam
      where i.indrelid = c.oid and m.amname in ('hnsw', 'ivfflat') and not (i.indisvalid and i.indisready)) as invalid,
    exists (select from pg_stat_progress_create_index p where p.relid = c.oid) as indexing
  from (select 1) one left join pg_class c on c.oid = to_regclass($1)`;

/** Reads the state of a table of vectors from the system catalog. */
export async function pgvectorTable(sql: SqlClient, table: string): Promise<PgvectorTable> {
  const row = (await sql.query(STATE, [table])).rows[0] as Row;
  if (row.extension !== true || row.vectors !== true) return { present: false, extension: row.extension === true };
  // The server itself has written this name, with quotes if it needs them.
  const counted = await sql.query(
    `select count(*)::int as n from (select from ${row.name} limit ${COUNTED + 1}) counted`,
  );
  const n = Number((counted.rows[0] as Row).n);
  return {
    present: true,
    documents: n <= COUNTED ? n : Math.max(n, Math.round(Number(row.estimate))),
    estimated: n > COUNTED,
    indexes: Number(row.indexes),
    invalid: Number(row.invalid),
    indexing: row.indexing === true,
  };
}
