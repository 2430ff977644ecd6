import { withoutUndefined } from "@seaworthy/core/objects";
import type { SessionOfUser, SessionStore } from "../../stores/store.ts";
import { exchangeOutcome } from "../refresh-outcome.ts";
import { type AuthDatabase, optionalNumber, type Value } from "./database.ts";
import { refreshOf, sessionOf, sessionOfUser } from "./rows.ts";

const SESSION_OF_USER = `select to_jsonb(s) as session, to_jsonb(u) as account,
  $2::text is not null and exists (select from seaworthy_auth_revoked r where r.jti = $2) as revoked
  from seaworthy_auth_sessions s join seaworthy_auth_users u on u.id = s.user_id`;

/** Sessions in PostgreSQL. */
export function postgresSessions(db: AuthDatabase): SessionStore {
  const find = async (where: string, values: readonly Value[]): Promise<SessionOfUser | undefined> => {
    const row = await db.row(`${SESSION_OF_USER} where ${where}`, values);
    return row === undefined ? undefined : sessionOfUser(row);
  };
  return {
    createSession: ({ session, refresh, passwordHash }) =>
      // The row of the account is locked, so that a change of password or status comes before or after, not meanwhile.
      db.found(
        `with account as (
           select id from seaworthy_auth_users
           where id = $2 and status = 'active' and ($14::text is null or password_hash = $14) for no key update),
         session as (
           insert into seaworthy_auth_sessions (id, user_id, created_at, last_used_at, expires_at, authenticated_at, methods,
             device, address, user_agent, cookie_hash, ended_at, ended_by)
           select $1, id, $3::bigint, $4::bigint, $5::bigint, $6::bigint, $7::jsonb, $8, $9, $10, $11, $12::bigint, $13
           from account returning id, expires_at),
         refresh as (
           insert into seaworthy_auth_refreshes (hash, session_id, created_at, expires_at)
           select $15, id, $16::bigint, least($17::bigint, expires_at) from session where $15::text is not null)
         select id from session`,
        [
          ...[session.id, session.userId, session.createdAt, session.lastUsedAt, session.expiresAt],
          ...[session.authenticatedAt, session.methods, session.device, session.address, session.userAgent],
          ...[session.cookieHash, session.endedAt, session.endedBy, passwordHash],
          ...[refresh?.hash, refresh?.createdAt, refresh?.expiresAt],
        ],
      ),
    findSession: (id, jti) => find("s.id = $1", [id, jti]),
    findSessionByCookie: (hash) => find("s.cookie_hash = $1", [hash, undefined]),
    async sessions(userId, now) {
      const rows = await db.rows(
        `select * from seaworthy_auth_sessions where user_id = $1 and ended_at is null and expires_at > $2::bigint
         order by last_used_at desc, id`,
        [userId, now],
      );
      return rows.map(sessionOf);
    },
    async touchSession(id, at, address) {
      await db.rows(
        `update seaworthy_auth_sessions set last_used_at = greatest(last_used_at, $2::bigint),
           address = coalesce($3, address) where id = $1`,
        [id, at, address],
      );
    },
    updateSession: (id, { authenticatedAt, methods, cookieHash }) =>
      db.found(
        `update seaworthy_auth_sessions set authenticated_at = coalesce($2::bigint, authenticated_at),
           methods = coalesce($3::jsonb, methods), cookie_hash = coalesce($4, cookie_hash)
         where id = $1 and ended_at is null returning id`,
        [id, authenticatedAt, methods, cookieHash],
      ),
    endSession: (id, at, by) =>
      db.found(
        `update seaworthy_auth_sessions set ended_at = $2::bigint, ended_by = $3
         where id = $1 and ended_at is null returning id`,
        [id, at, by],
      ),
    async endSessions(userId, at, by, except) {
      const rows = await db.rows(
        `update seaworthy_auth_sessions set ended_at = $2::bigint, ended_by = $3
         where user_id = $1 and ended_at is null and id is distinct from $4::text returning id`,
        [userId, at, by, except],
      );
      return rows.map(({ id }) => String(id));
    },
    ...refreshes(db),
    async revokeToken(jti, expiresAt) {
      await db.rows(
        `insert into seaworthy_auth_revoked (jti, expires_at) values ($1, $2::bigint)
         on conflict (jti) do update set expires_at = greatest(seaworthy_auth_revoked.expires_at, excluded.expires_at)`,
        [jti, expiresAt],
      );
    },
    isTokenRevoked: (jti) => db.found("select 1 from seaworthy_auth_revoked where jti = $1", [jti]),
  };
}

function refreshes(db: AuthDatabase): Pick<SessionStore, "rotateRefresh"> {
  return {
    async rotateRefresh(hash, next, now, grace) {
      db.outside("the exchange of a refresh token");
      // The second of two parallel exchanges waits for the lock of the row, and then finds it used.
      const rotated = await db.row(
        `with former as (
           update seaworthy_auth_refreshes r set used_at = $3::bigint, successor = $2, successor_salt = $4
           from seaworthy_auth_sessions s
           where r.hash = $1 and r.used_at is null and r.expires_at > $3::bigint
             and s.id = r.session_id and s.ended_at is null and s.expires_at > $3::bigint
           returning r.*, s.user_id, s.expires_at as session_end),
         successor as (
           insert into seaworthy_auth_refreshes (hash, session_id, created_at, expires_at)
           select $2, session_id, $5::bigint, least($6::bigint, session_end) from former)
         select * from former`,
        [hash, next.hash, now, next.salt, next.createdAt, next.expiresAt],
      );
      if (rotated !== undefined) return { outcome: "rotated", refresh: refreshOf(rotated) };
      const row = await db.row(
        `select r.*, s.user_id, s.ended_at, s.expires_at as session_end, n.used_at is not null as successor_used
         from seaworthy_auth_refreshes r join seaworthy_auth_sessions s on s.id = r.session_id
         left join seaworthy_auth_refreshes n on n.hash = r.successor where r.hash = $1`,
        [hash],
      );
      if (row === undefined) return { outcome: "unknown" };
      const refresh = refreshOf(row);
      const session = withoutUndefined({ endedAt: optionalNumber(row.ended_at), expiresAt: Number(row.session_end) });
      const outcome = exchangeOutcome({ refresh, session, successorUsed: row.successor_used === true }, now, grace);
      // A token that could be exchanged now and could not a moment ago is one whose times were changed by hand.
      return { outcome: outcome === "rotated" ? "expired" : outcome, refresh };
    },
  };
}
