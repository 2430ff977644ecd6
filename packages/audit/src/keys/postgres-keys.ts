import { randomBytes } from "node:crypto";
import type { SqlClient } from "@seaworthy/core";
import { requiredFunction } from "@seaworthy/core/options";
import type { AuditKeys } from "./keys.ts";

/**
 * Keys in PostgreSQL or PGlite, in a table of `auditMigrations`. A backup of the database keeps the keys as long as the backup is kept.
 *
 * @throws TypeError if `db` is malformed
 */
export function postgresAuditKeys(db: SqlClient): AuditKeys {
  requiredFunction("db.query", db?.query);
  const get = async (owner: string): Promise<Uint8Array | undefined> => {
    const { rows } = await db.query("select encode(key, 'base64') as key from seaworthy_audit_keys where owner = $1", [
      owner,
    ]);
    return rows[0] && Buffer.from(String(rows[0].key), "base64");
  };
  return {
    get,
    async getOrCreate(owner) {
      const found = await get(owner);
      if (found !== undefined) return found;
      const { rows } = await db.query(
        `insert into seaworthy_audit_keys (owner, key) values ($1, decode($2, 'base64'))
         on conflict (owner) do update set key = seaworthy_audit_keys.key returning encode(key, 'base64') as key`,
        [owner, randomBytes(32).toString("base64")],
      );
      return Buffer.from(String(rows[0]?.key), "base64");
    },
    async destroy(owner) {
      await db.query("delete from seaworthy_audit_keys where owner = $1", [owner]);
    },
  };
}
