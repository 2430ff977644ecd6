import { withoutUndefined } from "@seaworthy/core/objects";
import type { SessionOfUser, SessionStore, StoredRefresh } from "../../stores/store.ts";
import { exchangeOutcome } from "../refresh-outcome.ts";
import { refuseInTransaction } from "./table.ts";
import type { RefreshRow, Tables } from "./tables.ts";

/** Sessions in memory. */
export function memorySessions(tables: Tables): SessionStore {
  const { users, sessions, cookies, refreshes, revoked, log } = tables;
  const find = (id: string, jti?: string): SessionOfUser | undefined => {
    const session = sessions.get(id);
    const user = session === undefined ? undefined : users.get(session.userId);
    if (session === undefined || user === undefined) return undefined;
    return { session, user, revoked: jti !== undefined && revoked.get(jti) !== undefined };
  };
  const end = (id: string, at: number, by: string): boolean => {
    const session = sessions.get(id);
    if (session === undefined || session.endedAt !== undefined) return false;
    sessions.change(id, { endedAt: at, endedBy: by });
    return true;
  };
  return {
    async createSession({ session, refresh, passwordHash }) {
      const user = users.get(session.userId);
      if (user?.status !== "active") return false;
      if (passwordHash !== undefined && user.passwordHash !== passwordHash) return false;
      sessions.set(session.id, session);
      if (session.cookieHash !== undefined) cookies.set(session.cookieHash, { id: session.id });
      if (refresh !== undefined) {
        const expiresAt = Math.min(refresh.expiresAt, session.expiresAt);
        refreshes.set(refresh.hash, { ...refresh, expiresAt, sessionId: session.id });
      }
      return true;
    },
    findSession: async (id, jti) => find(id, jti),
    async findSessionByCookie(hash) {
      const id = cookies.get(hash)?.id;
      return id === undefined ? undefined : find(id);
    },
    sessions: async (userId, now) =>
      sessions
        .filter((one) => one.userId === userId && one.endedAt === undefined && one.expiresAt > now)
        .sort((a, b) => b.lastUsedAt - a.lastUsedAt),
    async touchSession(id, at, address) {
      const session = sessions.get(id);
      if (session === undefined) return;
      const lastUsedAt = Math.max(at, session.lastUsedAt);
      sessions.change(id, withoutUndefined({ lastUsedAt, address }));
    },
    async updateSession(id, changes) {
      const session = sessions.get(id);
      if (session === undefined || session.endedAt !== undefined) return false;
      if (changes.cookieHash !== undefined) {
        if (session.cookieHash !== undefined) cookies.delete(session.cookieHash);
        cookies.set(changes.cookieHash, { id });
      }
      sessions.change(id, withoutUndefined(changes));
      return true;
    },
    endSession: async (id, at, by) => end(id, at, by),
    endSessions: async (userId, at, by, except) =>
      sessions.filter((one) => one.userId === userId && one.id !== except && end(one.id, at, by)).map(({ id }) => id),
    async rotateRefresh(hash, next, now, grace) {
      refuseInTransaction(log, "the exchange of a refresh token");
      const row = refreshes.get(hash);
      const session = row === undefined ? undefined : sessions.get(row.sessionId);
      if (row === undefined || session === undefined) return { outcome: "unknown" };
      const successorUsed = row.successor !== undefined && refreshes.get(row.successor)?.usedAt !== undefined;
      const outcome = exchangeOutcome({ refresh: row, session, successorUsed }, now, grace);
      const { userId } = session;
      if (outcome !== "rotated") return { outcome, refresh: refreshOf(row, userId) };
      const { salt, ...kept } = next;
      refreshes.set(hash, { ...row, usedAt: now, successor: next.hash, successorSalt: salt });
      const expiresAt = Math.min(next.expiresAt, session.expiresAt);
      refreshes.set(next.hash, { ...kept, expiresAt, sessionId: session.id });
      return { outcome, refresh: refreshOf({ ...row, usedAt: now, successorSalt: salt }, userId) };
    },
    async revokeToken(jti, expiresAt) {
      revoked.set(jti, { expiresAt: Math.max(expiresAt, revoked.get(jti)?.expiresAt ?? expiresAt) });
    },
    isTokenRevoked: async (jti) => revoked.get(jti) !== undefined,
  };
}

function refreshOf({ successor: _, ...row }: RefreshRow, userId: string): StoredRefresh {
  return { ...row, userId };
}
