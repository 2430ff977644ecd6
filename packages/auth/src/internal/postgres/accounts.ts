import type { AccountStore, StoredTotp, UserChanges } from "../../stores/store.ts";
import { type AuthDatabase, isUniqueViolation, type Value } from "./database.ts";
import { userOf } from "./rows.ts";

const MOST_ORIGINS = 100;

/** Accounts in PostgreSQL. */
export function postgresAccounts(db: AuthDatabase): AccountStore {
  return {
    createUser: (user) =>
      db.found(
        `insert into seaworthy_auth_users (id, email, status, password_hash, roles, tenant, email_verified_at, created_at,
           failures, locked_until, totp_secret, totp_confirmed_at, totp_last_step, totp_recovery)
         values ($1, $2, $3, $4, $5::jsonb, $6, $7::bigint, $8::bigint, $9::int, $10::bigint, $11, $12::bigint, $13::bigint,
           $14::jsonb)
         on conflict do nothing returning id`,
        [
          ...[user.id, user.email, user.status, user.passwordHash, user.roles, user.tenant, user.emailVerifiedAt],
          ...[user.createdAt, user.failures, user.lockedUntil, ...totpValues(user.totp)],
        ],
      ),
    async findUser(id) {
      const row = await db.row("select * from seaworthy_auth_users where id = $1", [id]);
      return row === undefined ? undefined : userOf(row);
    },
    async findUserByEmail(email) {
      const row = await db.row("select * from seaworthy_auth_users where email = $1", [email]);
      return row === undefined ? undefined : userOf(row);
    },
    async updateUser(id, changes) {
      const { columns, values } = columnsOf(changes);
      const set = columns.length === 0 ? "email = email" : columns.join(", ");
      try {
        const row = await db.row(`update seaworthy_auth_users set ${set} where id = $1 returning *`, [id, ...values]);
        return row === undefined ? undefined : userOf(row);
      } catch (error) {
        if (changes.email !== undefined && isUniqueViolation(error)) return "taken";
        throw error;
      }
    },
    replacePasswordHash: (id, expected, next) =>
      db.found(
        `update seaworthy_auth_users set password_hash = $3
         where id = $1 and password_hash is not distinct from $2::text returning id`,
        [id, expected, next],
      ),
    deleteUser: (id) =>
      db.found(
        `with secrets as (delete from seaworthy_auth_once where user_id = $1),
           keys as (delete from seaworthy_auth_api_keys where owner = $1)
         delete from seaworthy_auth_users where id = $1 returning id`,
        [id],
      ),
    ...attempts(db),
    ...secondFactor(db),
    ...origins(db),
  };
}

function totpValues(totp: StoredTotp | null | undefined): readonly Value[] {
  return [totp?.secret, totp?.confirmedAt, totp?.lastStep, totp?.recovery];
}

/** The assignments for the members that change; `$1` is the id. */
function columnsOf(changes: UserChanges): { columns: string[]; values: Value[] } {
  const columns: string[] = [];
  const values: Value[] = [];
  const assign = (column: string, value: Value, type = "text"): void => {
    columns.push(`${column} = $${values.push(value) + 1}::${type}`);
  };
  if (changes.email !== undefined) assign("email", changes.email);
  if (changes.passwordHash !== undefined) assign("password_hash", changes.passwordHash);
  if (changes.status !== undefined) assign("status", changes.status);
  if (changes.activate === true) columns.push("status = case when status = 'pending' then 'active' else status end");
  if (changes.roles !== undefined) assign("roles", changes.roles, "jsonb");
  if (changes.tenant !== undefined) assign("tenant", changes.tenant);
  if (changes.emailVerifiedAt !== undefined) assign("email_verified_at", changes.emailVerifiedAt, "bigint");
  if (changes.totp !== undefined) {
    const [secret, confirmedAt, lastStep, recovery] = totpValues(changes.totp);
    assign("totp_secret", secret);
    assign("totp_confirmed_at", confirmedAt, "bigint");
    assign("totp_last_step", lastStep, "bigint");
    assign("totp_recovery", recovery, "jsonb");
  }
  if (changes.recovery !== undefined) assign("totp_recovery", changes.recovery, "jsonb");
  return { columns, values };
}

function attempts(db: AuthDatabase): Pick<AccountStore, "beginAttempt" | "undoAttempt" | "clearAttempts"> {
  return {
    async beginAttempt(id, now, policy) {
      db.outside("an attempt to log in");
      // Parallel attempts wait for the lock of the row, and see the count of those before them.
      return db.found(
        `update seaworthy_auth_users set
           failures = case when locked_until is null then failures + 1 else 1 end,
           locked_until = case when (case when locked_until is null then failures + 1 else 1 end) >= $3::int
             then $2::bigint + $4::bigint end
         where id = $1 and (locked_until is null or locked_until <= $2::bigint) returning id`,
        [id, now, policy.failures, policy.for],
      );
    },
    async undoAttempt(id) {
      await db.rows(
        "update seaworthy_auth_users set failures = greatest(failures - 1, 0), locked_until = null where id = $1",
        [id],
      );
    },
    async clearAttempts(id) {
      await db.rows(
        `update seaworthy_auth_users set failures = 0, locked_until = null
         where id = $1 and (failures > 0 or locked_until is not null)`,
        [id],
      );
    },
  };
}

type SecondFactor = Pick<AccountStore, "replacePendingTotp" | "takeTotpStep" | "takeRecoveryCode">;

function secondFactor(db: AuthDatabase): SecondFactor {
  return {
    replacePendingTotp: (id, expected, next) =>
      db.found(
        `update seaworthy_auth_users
         set totp_secret = $3, totp_confirmed_at = $4::bigint, totp_last_step = $5::bigint, totp_recovery = $6::jsonb
         where id = $1 and totp_secret is not distinct from $2::text and totp_confirmed_at is null returning id`,
        [id, expected, ...totpValues(next)],
      ),
    async takeTotpStep(id, step) {
      db.outside("the use of a code");
      return db.found(
        `update seaworthy_auth_users set totp_last_step = $2::bigint
         where id = $1 and totp_secret is not null and totp_last_step < $2::bigint returning id`,
        [id, step],
      );
    },
    async takeRecoveryCode(id, hash) {
      db.outside("the use of a code");
      return db.found(
        `update seaworthy_auth_users set totp_recovery = totp_recovery - $2::text
         where id = $1 and totp_secret is not null and jsonb_exists(totp_recovery, $2::text) returning id`,
        [id, hash],
      );
    },
  };
}

function origins(db: AuthDatabase): Pick<AccountStore, "origins" | "noteOrigins"> {
  return {
    async origins(userId) {
      const rows = await db.rows(
        `select origin from seaworthy_auth_origins where user_id = $1 order by seen_at desc limit ${MOST_ORIGINS}`,
        [userId],
      );
      return rows.map(({ origin }) => String(origin));
    },
    async noteOrigins(userId, seen, at) {
      await db.rows(
        `insert into seaworthy_auth_origins (user_id, origin, seen_at)
         select u.id, o.origin, $3::bigint
         from seaworthy_auth_users u, (select distinct origin from jsonb_array_elements_text($2::jsonb) as t(origin)) as o
         where u.id = $1 order by o.origin
         on conflict (user_id, origin) do update set seen_at = greatest(seaworthy_auth_origins.seen_at, excluded.seen_at)`,
        [userId, seen, at],
      );
      await db.rows(
        `delete from seaworthy_auth_origins where user_id = $1 and origin in (
           select origin from seaworthy_auth_origins where user_id = $1 order by seen_at desc offset ${MOST_ORIGINS})`,
        [userId],
      );
    },
  };
}
