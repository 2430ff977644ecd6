import { withoutUndefined } from "@seaworthy/core/objects";
import type { AuthPrincipal, AuthSession, AuthUser } from "../../auth.ts";
import type { StoredSession, StoredUser } from "../../stores/store.ts";

/** An account without its secrets. */
export function userView(user: StoredUser, now: number): AuthUser {
  const { id, email, status, roles, tenant, emailVerifiedAt, createdAt } = user;
  const lockedUntil = user.lockedUntil !== undefined && user.lockedUntil > now ? user.lockedUntil : undefined;
  const totp = user.totp?.confirmedAt !== undefined;
  return { id, email, status, roles, createdAt, totp, ...withoutUndefined({ tenant, emailVerifiedAt, lockedUntil }) };
}

/** A session without its secrets. */
export function sessionView({ cookieHash: _, endedAt: __, endedBy: ___, ...session }: StoredSession): AuthSession {
  return session;
}

/** Who makes a request of a session. */
export function principalOf({ id, methods, authenticatedAt }: StoredSession, user: StoredUser): AuthPrincipal {
  const { roles, tenant } = user;
  return { id: user.id, roles, sessionId: id, methods, authenticatedAt, ...withoutUndefined({ tenant }) };
}
