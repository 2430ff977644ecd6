import type { Row } from "@seaworthy/core";
import { isObject, withoutUndefined } from "@seaworthy/core/objects";
import type {
  SessionOfUser,
  StoredApiKey,
  StoredOnce,
  StoredPasskey,
  StoredRefresh,
  StoredSession,
  StoredTotp,
  StoredUser,
  UserStatus,
} from "../../stores/store.ts";
import { optionalNumber, optionalText, strings } from "./database.ts";

const STATUSES: readonly UserStatus[] = ["pending", "active", "inactive", "suspended"];

export function userOf(row: Row): StoredUser {
  return {
    id: String(row.id),
    email: String(row.email),
    // An unknown status, such as one of a later version, must not log in.
    status: STATUSES.find((status) => status === row.status) ?? "inactive",
    roles: strings(row.roles),
    createdAt: Number(row.created_at),
    failures: Number(row.failures),
    ...withoutUndefined({
      passwordHash: optionalText(row.password_hash),
      tenant: optionalText(row.tenant),
      emailVerifiedAt: optionalNumber(row.email_verified_at),
      lockedUntil: optionalNumber(row.locked_until),
      totp: totpOf(row),
    }),
  };
}

function totpOf(row: Row): StoredTotp | undefined {
  if (typeof row.totp_secret !== "string") return undefined;
  const confirmedAt = optionalNumber(row.totp_confirmed_at);
  const totp = { secret: row.totp_secret, lastStep: Number(row.totp_last_step), recovery: strings(row.totp_recovery) };
  return confirmedAt === undefined ? totp : { ...totp, confirmedAt };
}

export function sessionOf(row: Row): StoredSession {
  return {
    id: String(row.id),
    userId: String(row.user_id),
    createdAt: Number(row.created_at),
    lastUsedAt: Number(row.last_used_at),
    expiresAt: Number(row.expires_at),
    authenticatedAt: Number(row.authenticated_at),
    methods: strings(row.methods),
    ...withoutUndefined({
      device: optionalText(row.device),
      address: optionalText(row.address),
      userAgent: optionalText(row.user_agent),
      cookieHash: optionalText(row.cookie_hash),
      endedAt: optionalNumber(row.ended_at),
      endedBy: optionalText(row.ended_by),
    }),
  };
}

/** A row with the session and the account as JSON: one statement cannot name the columns of both otherwise. */
export function sessionOfUser(row: Row): SessionOfUser {
  return { session: sessionOf(record(row.session)), user: userOf(record(row.account)), revoked: row.revoked === true };
}

function record(value: unknown): Row {
  return isObject(value) ? { ...value } : {};
}

export function refreshOf(row: Row): StoredRefresh {
  return {
    hash: String(row.hash),
    sessionId: String(row.session_id),
    userId: String(row.user_id),
    createdAt: Number(row.created_at),
    expiresAt: Number(row.expires_at),
    ...withoutUndefined({ usedAt: optionalNumber(row.used_at), successorSalt: optionalText(row.successor_salt) }),
  };
}

export function onceOf(row: Row): StoredOnce {
  return {
    hash: String(row.hash),
    purpose: String(row.purpose),
    expiresAt: Number(row.expires_at),
    ...withoutUndefined({ userId: optionalText(row.user_id), data: isObject(row.data) ? { ...row.data } : undefined }),
  };
}

export function apiKeyOf(row: Row): StoredApiKey {
  return {
    id: String(row.id),
    hash: String(row.hash),
    owner: String(row.owner),
    name: String(row.name),
    scopes: strings(row.scopes),
    createdAt: Number(row.created_at),
    ...withoutUndefined({
      expiresAt: optionalNumber(row.expires_at),
      lastUsedAt: optionalNumber(row.last_used_at),
      revokedAt: optionalNumber(row.revoked_at),
    }),
  };
}

export function passkeyOf(row: Row): StoredPasskey {
  return {
    id: String(row.id),
    userId: String(row.user_id),
    publicKey: String(row.public_key),
    counter: Number(row.counter),
    transports: strings(row.transports),
    backedUp: row.backed_up === true,
    name: String(row.name),
    createdAt: Number(row.created_at),
    ...withoutUndefined({ lastUsedAt: optionalNumber(row.last_used_at) }),
  };
}
