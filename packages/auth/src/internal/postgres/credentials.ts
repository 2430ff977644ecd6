import type { IdentityStore, OnceStore, PasskeyStore, StoredApiKeys } from "../../stores/store.ts";
import type { AuthDatabase } from "./database.ts";
import { apiKeyOf, onceOf, passkeyOf } from "./rows.ts";

/** Secrets that come back once, in PostgreSQL. */
export function postgresOnce(db: AuthDatabase): OnceStore {
  return {
    async putOnce({ hash, purpose, userId, expiresAt, data }) {
      await db.rows(
        `insert into seaworthy_auth_once (hash, purpose, user_id, expires_at, data) values ($1, $2, $3, $4::bigint, $5::jsonb)
         on conflict (hash) do update set purpose = excluded.purpose, user_id = excluded.user_id,
           expires_at = excluded.expires_at, data = excluded.data`,
        [hash, purpose, userId, expiresAt, data],
      );
    },
    async findOnce(hash, purpose, now) {
      const row = await db.row(
        "select * from seaworthy_auth_once where hash = $1 and purpose = $2 and expires_at > $3::bigint",
        [hash, purpose, now],
      );
      return row === undefined ? undefined : onceOf(row);
    },
    async takeOnce(hash, purpose, now) {
      const row = await db.row("delete from seaworthy_auth_once where hash = $1 and purpose = $2 returning *", [
        hash,
        purpose,
      ]);
      return row === undefined || Number(row.expires_at) <= now ? undefined : onceOf(row);
    },
    async dropOnce(userId, purpose) {
      await db.rows("delete from seaworthy_auth_once where user_id = $1 and purpose = $2", [userId, purpose]);
    },
  };
}

/** Keys of machines in PostgreSQL. */
export function postgresApiKeys(db: AuthDatabase): StoredApiKeys {
  return {
    async createApiKey(key) {
      await db.rows(
        `insert into seaworthy_auth_api_keys (id, hash, owner, name, scopes, created_at, expires_at, last_used_at, revoked_at)
         values ($1, $2, $3, $4, $5::jsonb, $6::bigint, $7::bigint, $8::bigint, $9::bigint)`,
        [
          ...[key.id, key.hash, key.owner, key.name, key.scopes],
          ...[key.createdAt, key.expiresAt, key.lastUsedAt, key.revokedAt],
        ],
      );
    },
    async findApiKey(id) {
      const row = await db.row("select * from seaworthy_auth_api_keys where id = $1", [id]);
      return row === undefined ? undefined : apiKeyOf(row);
    },
    async apiKeys(owner) {
      const rows = await db.rows(
        "select * from seaworthy_auth_api_keys where owner = $1 order by created_at desc, id",
        [owner],
      );
      return rows.map(apiKeyOf);
    },
    async touchApiKey(id, at) {
      await db.rows(
        "update seaworthy_auth_api_keys set last_used_at = greatest(last_used_at, $2::bigint) where id = $1",
        [id, at],
      );
    },
    expireApiKey: (id, expiresAt) =>
      db.found("update seaworthy_auth_api_keys set expires_at = $2::bigint where id = $1 returning id", [
        id,
        expiresAt,
      ]),
    revokeApiKey: (id, at) =>
      db.found(
        "update seaworthy_auth_api_keys set revoked_at = $2::bigint where id = $1 and revoked_at is null returning id",
        [id, at],
      ),
  };
}

/** Passkeys in PostgreSQL. */
export function postgresPasskeys(db: AuthDatabase): PasskeyStore {
  return {
    createPasskey: (passkey) =>
      db.found(
        `insert into seaworthy_auth_passkeys (id, user_id, public_key, counter, transports, backed_up, name, created_at,
           last_used_at)
         select $1, u.id, $3, $4::bigint, $5::jsonb, $6::boolean, $7, $8::bigint, $9::bigint
         from seaworthy_auth_users u where u.id = $2 on conflict do nothing returning id`,
        [
          ...[passkey.id, passkey.userId, passkey.publicKey, passkey.counter, passkey.transports],
          ...[passkey.backedUp, passkey.name, passkey.createdAt, passkey.lastUsedAt],
        ],
      ),
    async findPasskey(id) {
      const row = await db.row("select * from seaworthy_auth_passkeys where id = $1", [id]);
      return row === undefined ? undefined : passkeyOf(row);
    },
    async passkeys(userId) {
      const rows = await db.rows("select * from seaworthy_auth_passkeys where user_id = $1 order by created_at, id", [
        userId,
      ]);
      return rows.map(passkeyOf);
    },
    usePasskey: (id, counter, at) =>
      db.found(
        `update seaworthy_auth_passkeys set counter = $2::bigint, last_used_at = greatest(last_used_at, $3::bigint)
         where id = $1 and (counter < $2::bigint or (counter = 0 and $2::bigint = 0)) returning id`,
        [id, counter, at],
      ),
    deletePasskey: (userId, id) =>
      db.found("delete from seaworthy_auth_passkeys where user_id = $1 and id = $2 returning id", [userId, id]),
  };
}

/** Links to accounts of outside providers, in PostgreSQL. */
export function postgresIdentities(db: AuthDatabase): IdentityStore {
  const find: IdentityStore["findIdentity"] = async (issuer, subject) => {
    const row = await db.row("select user_id from seaworthy_auth_identities where issuer = $1 and subject = $2", [
      issuer,
      subject,
    ]);
    return row === undefined ? undefined : String(row.user_id);
  };
  return {
    findIdentity: find,
    async linkIdentity(issuer, subject, userId) {
      const linked = await db.found(
        `insert into seaworthy_auth_identities (issuer, subject, user_id)
         select $1, $2, u.id from seaworthy_auth_users u where u.id = $3 on conflict do nothing returning issuer`,
        [issuer, subject, userId],
      );
      return linked || (await find(issuer, subject)) === userId;
    },
    unlinkIdentity: (userId, issuer) =>
      db.found("delete from seaworthy_auth_identities where user_id = $1 and issuer = $2 returning issuer", [
        userId,
        issuer,
      ]),
  };
}
