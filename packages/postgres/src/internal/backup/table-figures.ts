import type { TableFigures } from "../../backup/backups.ts";
import type { PostgresClient } from "../../postgres.ts";
import { sql } from "../../sql.ts";

const RAW_SETTINGS = `set local datestyle = iso; set local intervalstyle = postgres; set local timezone = 'UTC';
  set local extra_float_digits = 3; set local bytea_output = hex; set local search_path = pg_catalog`;

/**
 * Counts the rows of every table and sums the hashes of their texts. It has to run in a transaction, whose settings it
 * fixes, since the text of a row depends on them.
 */
export async function readFigures(tx: PostgresClient): Promise<TableFigures[]> {
  await tx.query(RAW_SETTINGS);
  const { rows } = await tx.query<{ schema: string; name: string }>(
    `select n.nspname::text as schema, c.relname::text as name from pg_class c
     join pg_namespace n on n.oid = c.relnamespace
     where c.relkind = 'r' and c.relpersistence = 'p' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
       and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
     order by 1, 2`,
  );
  const figures: TableFigures[] = [];
  for (const { schema, name } of rows) {
    const table = sql.identifier(schema, name);
    const { rows: counted } = await tx.query<{ rows: string; checksum: string }>(
      sql`select count(*)::text as rows, coalesce(sum(hashtextextended((entry.*)::text, 0)::numeric), 0)::text as checksum
        from only ${table} as entry`,
    );
    figures.push({ table: table.text, rows: counted[0]?.rows ?? "0", checksum: counted[0]?.checksum ?? "0" });
  }
  return figures;
}

/** The first difference between what a backup should hold and what was restored, as a sentence. */
export function differenceOf(expected: readonly TableFigures[], restored: readonly TableFigures[]): string | undefined {
  const found = new Map(restored.map((figures) => [figures.table, figures]));
  for (const { table, rows, checksum } of expected) {
    const other = found.get(table);
    if (other === undefined) return `table ${table} is missing`;
    if (other.rows !== rows) return `table ${table} has ${other.rows} rows in place of ${rows}`;
    if (other.checksum !== checksum) return `table ${table} has other contents`;
  }
  const known = new Set(expected.map(({ table }) => table));
  const extra = restored.find(({ table }) => !known.has(table));
  return extra && `table ${extra.table} was not in the backup`;
}
