import { openTransaction, type SqlClient, type SqlMigration, type SqlTransactions } from "@seaworthy/core";
import { withoutUndefined } from "@seaworthy/core/objects";
import { boundedString, checkOptions, requiredFunction } from "@seaworthy/core/options";
import { GENESIS, hashOf } from "../internal/chain.ts";
import type { AuditHead, AuditStore, StoredEntry } from "./store.ts";

/** Options of {@link postgresAuditStore}. */
export interface PostgresAuditStoreOptions {
  /** Which trail, if a database holds several: 1 to 63 characters. @default "default" */
  name?: string;
}

/**
 * The tables of the PostgreSQL store, for the host's `migrate()`. The database itself refuses to change or remove entries,
 * apart from those below a seal. An owner of the tables can lift that; `verify()` shows what was done then.
 */
export const auditMigrations: readonly SqlMigration[] = [
  {
    id: "001_audit",
    statements: [
      `create table seaworthy_audit_heads (trail text primary key, sequence bigint not null, hash text not null)`,
      `create table seaworthy_audit_entries (
         trail text not null, sequence bigint not null, bytes bytea not null, primary key (trail, sequence))`,
      `create table seaworthy_audit_seals (
         trail text not null, sequence bigint not null, hash text not null, at text not null, note text,
         primary key (trail, sequence))`,
      `create table seaworthy_audit_keys (owner text primary key, key bytea not null)`,
      `create function seaworthy_audit_refuse() returns trigger language plpgsql as $$
       begin
         if tg_op = 'DELETE' and exists (
           select from seaworthy_audit_seals s where s.trail = old.trail and s.sequence >= old.sequence) then
           return old;
         end if;
         raise exception 'entries of an audit trail cannot be changed or removed' using errcode = 'restrict_violation';
       end $$`,
      `create trigger seaworthy_audit_rows before update or delete on seaworthy_audit_entries
         for each row execute function seaworthy_audit_refuse()`,
      `create function seaworthy_audit_refuse_all() returns trigger language plpgsql as $$
       begin
         raise exception 'an audit trail cannot be emptied' using errcode = 'restrict_violation';
       end $$`,
      `create trigger seaworthy_audit_truncate before truncate on seaworthy_audit_entries
         for each statement execute function seaworthy_audit_refuse_all()`,
      `create trigger seaworthy_audit_truncate_heads before truncate on seaworthy_audit_heads
         for each statement execute function seaworthy_audit_refuse_all()`,
      `create trigger seaworthy_audit_truncate_seals before update or delete or truncate on seaworthy_audit_seals
         for each statement execute function seaworthy_audit_refuse_all()`,
    ],
  },
];

// Rows of one round trip while the trail is read.
const BATCH = 500;

/**
 * A trail in PostgreSQL or PGlite, in the tables of {@link auditMigrations}. Appends take the lock of the trail's head row, so
 * that sequences have no gaps and no forks. An append in an open transaction is part of it, and makes other appends
 * wait until it ends.
 *
 * @throws TypeError if `db` or an option is malformed
 */
export function postgresAuditStore(
  db: SqlClient & SqlTransactions,
  options: PostgresAuditStoreOptions = {},
): AuditStore {
  requiredFunction("db.query", db?.query);
  requiredFunction("db.transaction", db.transaction);
  checkOptions("postgresAuditStore", options, ["name"]);
  const trail = boundedString("name", options.name === undefined ? "default" : options.name, 1, 63);
  const append = async (sql: SqlClient, make: (head: AuditHead) => readonly StoredEntry[]): Promise<void> => {
    const added = make(await lockedHead(sql, trail));
    const last = added.at(-1);
    if (last === undefined) return;
    await sql.query(
      `insert into seaworthy_audit_entries (trail, sequence, bytes)
       select $1, e.sequence::bigint, decode(e.bytes, 'base64') from json_to_recordset($2::json) as e(sequence text, bytes text)`,
      [trail, JSON.stringify(added.map(({ sequence, bytes }) => ({ sequence, bytes: base64(bytes) })))],
    );
    await sql.query("update seaworthy_audit_heads set sequence = $2, hash = $3 where trail = $1", [
      trail,
      last.sequence,
      hashOf(last.bytes),
    ]);
  };
  return {
    kind: "postgres",
    append(make) {
      const open = openTransaction(db);
      return open === undefined ? db.transaction((sql) => append(sql, make)) : append(open, make);
    },
    inTransaction: () => openTransaction(db) !== undefined,
    async head() {
      const { rows } = await db.query(
        "select sequence::text as sequence, hash from seaworthy_audit_heads where trail = $1",
        [trail],
      );
      const [row] = rows;
      return row === undefined ? GENESIS : { sequence: Number(row.sequence), hash: String(row.hash) };
    },
    async *read(from) {
      for (let next = from; ; ) {
        const { rows } = await db.query(
          `select sequence::text as sequence, encode(bytes, 'base64') as bytes from seaworthy_audit_entries
           where trail = $1 and sequence >= $2 order by seaworthy_audit_entries.sequence limit ${BATCH}`,
          [trail, next],
        );
        for (const row of rows)
          yield { sequence: Number(row.sequence), bytes: Buffer.from(String(row.bytes), "base64") };
        if (rows.length < BATCH) return;
        next = Number(rows.at(-1)?.sequence) + 1;
      }
    },
    async seals() {
      const { rows } = await db.query(
        `select sequence::text as sequence, hash, at, note from seaworthy_audit_seals where trail = $1
         order by seaworthy_audit_seals.sequence`,
        [trail],
      );
      return rows.map(({ sequence, hash, at, note }) => ({
        sequence: Number(sequence),
        hash: String(hash),
        at: String(at),
        ...withoutUndefined({ note: typeof note === "string" ? note : undefined }),
      }));
    },
    async seal({ sequence, hash, at, note }) {
      const values = [trail, sequence, hash, at, note ?? null];
      await db.query(
        "insert into seaworthy_audit_seals (trail, sequence, hash, at, note) values ($1, $2, $3, $4, $5)",
        values,
      );
    },
    async remove({ sequence }) {
      await db.query("delete from seaworthy_audit_entries where trail = $1 and sequence <= $2", [trail, sequence]);
    },
    close: () => Promise.resolve(),
  };
}

/** The head, which no other transaction can move before this one has ended. */
async function lockedHead(sql: SqlClient, trail: string): Promise<AuditHead> {
  const select = "select sequence::text as sequence, hash from seaworthy_audit_heads where trail = $1 for update";
  let { rows } = await sql.query(select, [trail]);
  if (rows.length === 0) {
    // A second transaction waits here for the first one, and sees its row afterwards.
    await sql.query(
      "insert into seaworthy_audit_heads (trail, sequence, hash) values ($1, 0, $2) on conflict (trail) do nothing",
      [trail, GENESIS.hash],
    );
    ({ rows } = await sql.query(select, [trail]));
  }
  const [row] = rows;
  return { sequence: Number(row?.sequence), hash: String(row?.hash) };
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
