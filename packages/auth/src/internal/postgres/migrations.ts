import type { SqlMigration } from "@seaworthy/core";

/** The tables of the PostgreSQL store, for the host's `migrate()`. Times are milliseconds since the Unix epoch. */
export const authMigrations: readonly SqlMigration[] = [
  {
    id: "001_auth",
    statements: [
      `create table seaworthy_auth_users (
         id text primary key, email text not null unique, status text not null, password_hash text,
         roles jsonb not null, tenant text, email_verified_at bigint, created_at bigint not null,
         failures integer not null default 0, locked_until bigint,
         totp_secret text, totp_confirmed_at bigint, totp_last_step bigint, totp_recovery jsonb)`,
      `create table seaworthy_auth_origins (
         user_id text not null references seaworthy_auth_users on delete cascade, origin text not null,
         seen_at bigint not null, primary key (user_id, origin))`,
      `create table seaworthy_auth_sessions (
         id text primary key, user_id text not null references seaworthy_auth_users on delete cascade,
         created_at bigint not null, last_used_at bigint not null, expires_at bigint not null,
         authenticated_at bigint not null, methods jsonb not null, device text, address text, user_agent text,
         cookie_hash text unique, ended_at bigint, ended_by text)`,
      "create index seaworthy_auth_sessions_user on seaworthy_auth_sessions (user_id)",
      "create index seaworthy_auth_sessions_expiry on seaworthy_auth_sessions (expires_at)",
      `create index seaworthy_auth_sessions_ended on seaworthy_auth_sessions (ended_at) where ended_at is not null`,
      `create table seaworthy_auth_refreshes (
         hash text primary key, session_id text not null references seaworthy_auth_sessions on delete cascade,
         created_at bigint not null, expires_at bigint not null, used_at bigint, successor text, successor_salt text)`,
      "create index seaworthy_auth_refreshes_session on seaworthy_auth_refreshes (session_id)",
      "create index seaworthy_auth_refreshes_expiry on seaworthy_auth_refreshes (expires_at)",
      "create table seaworthy_auth_revoked (jti text primary key, expires_at bigint not null)",
      "create index seaworthy_auth_revoked_expiry on seaworthy_auth_revoked (expires_at)",
      // Without a reference to the account, because a secret is also kept for an address that has none.
      `create table seaworthy_auth_once (
         hash text primary key, purpose text not null, user_id text, expires_at bigint not null, data jsonb)`,
      "create index seaworthy_auth_once_user on seaworthy_auth_once (user_id, purpose)",
      "create index seaworthy_auth_once_expiry on seaworthy_auth_once (expires_at)",
      `create table seaworthy_auth_api_keys (
         id text primary key, hash text not null, owner text not null, name text not null, scopes jsonb not null,
         created_at bigint not null, expires_at bigint, last_used_at bigint, revoked_at bigint)`,
      "create index seaworthy_auth_api_keys_owner on seaworthy_auth_api_keys (owner)",
      `create table seaworthy_auth_passkeys (
         id text primary key, user_id text not null references seaworthy_auth_users on delete cascade,
         public_key text not null, counter bigint not null, transports jsonb not null, backed_up boolean not null,
         name text not null, created_at bigint not null, last_used_at bigint)`,
      "create index seaworthy_auth_passkeys_user on seaworthy_auth_passkeys (user_id)",
      `create table seaworthy_auth_identities (
         issuer text not null, subject text not null,
         user_id text not null references seaworthy_auth_users on delete cascade, primary key (issuer, subject))`,
      "create index seaworthy_auth_identities_user on seaworthy_auth_identities (user_id, issuer)",
    ],
  },
];
