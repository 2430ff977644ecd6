import type { AccountStore, StoredUser } from "../../stores/store.ts";
import { refuseInTransaction } from "./table.ts";
import type { Tables } from "./tables.ts";

const MOST_ORIGINS = 100;

/** Accounts in memory. */
export function memoryAccounts(tables: Tables): AccountStore {
  const { users, emails } = tables;
  return {
    async createUser(user) {
      if (users.get(user.id) !== undefined || emails.get(user.email) !== undefined) return false;
      users.set(user.id, user);
      emails.set(user.email, { id: user.id });
      return true;
    },
    findUser: async (id) => users.get(id),
    async findUserByEmail(email) {
      const id = emails.get(email)?.id;
      return id === undefined ? undefined : users.get(id);
    },
    async updateUser(id, changes) {
      const user = users.get(id);
      if (user === undefined) return undefined;
      if (changes.email !== undefined && changes.email !== user.email) {
        if (emails.get(changes.email) !== undefined) return "taken";
        emails.delete(user.email);
        emails.set(changes.email, { id });
      }
      const { recovery, activate, ...members } = withoutMissing(changes);
      if (activate === true && user.status === "pending") members.status = "active";
      const totp = recovery === undefined || user.totp === undefined ? {} : { totp: { ...user.totp, recovery } };
      return users.change(id, { ...members, ...totp });
    },
    async replacePasswordHash(id, expected, next) {
      const user = users.get(id);
      if (user === undefined || user.passwordHash !== expected) return false;
      users.change(id, { passwordHash: next });
      return true;
    },
    deleteUser: async (id) => removeUser(tables, id),
    ...attempts(tables),
    ...secondFactor(tables),
    ...origins(tables),
  };
}

/** `undefined` means that a member stays as it is, and `null` that it is removed. */
function withoutMissing(changes: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
}

function attempts({ users, log }: Tables): Pick<AccountStore, "beginAttempt" | "undoAttempt" | "clearAttempts"> {
  return {
    async beginAttempt(id, now, policy) {
      refuseInTransaction(log, "an attempt to log in");
      const user = users.get(id);
      if (user === undefined || (user.lockedUntil !== undefined && user.lockedUntil > now)) return false;
      const failures = user.lockedUntil === undefined ? user.failures + 1 : 1;
      const lockedUntil = failures >= policy.failures ? now + policy.for : null;
      users.change(id, { failures, lockedUntil });
      return true;
    },
    async undoAttempt(id) {
      const user = users.get(id);
      if (user !== undefined) users.change(id, { failures: Math.max(0, user.failures - 1), lockedUntil: null });
    },
    async clearAttempts(id) {
      users.change(id, { failures: 0, lockedUntil: null });
    },
  };
}

type SecondFactor = Pick<AccountStore, "replacePendingTotp" | "takeTotpStep" | "takeRecoveryCode">;

function secondFactor({ users, log }: Tables): SecondFactor {
  const replace = (user: StoredUser, changes: Partial<StoredUser["totp"]>): boolean =>
    users.change(user.id, { totp: { ...user.totp, ...changes } }) !== undefined;
  return {
    async replacePendingTotp(id, expected, next) {
      const user = users.get(id);
      if (user === undefined || user.totp?.secret !== expected || user.totp?.confirmedAt !== undefined) return false;
      return users.change(id, { totp: next }) !== undefined;
    },
    async takeTotpStep(id, step) {
      refuseInTransaction(log, "the use of a code");
      const user = users.get(id);
      return user?.totp !== undefined && step > user.totp.lastStep && replace(user, { lastStep: step });
    },
    async takeRecoveryCode(id, hash) {
      refuseInTransaction(log, "the use of a code");
      const user = users.get(id);
      if (user?.totp === undefined || !user.totp.recovery.includes(hash)) return false;
      return replace(user, { recovery: user.totp.recovery.filter((other) => other !== hash) });
    },
  };
}

function origins({ users, origins: table }: Tables): Pick<AccountStore, "origins" | "noteOrigins"> {
  const of = (userId: string): { userId: string; origin: string; at: number }[] =>
    table.filter((row) => row.userId === userId).sort((a, b) => b.at - a.at);
  const keyOf = (userId: string, origin: string): string => JSON.stringify([userId, origin]);
  return {
    origins: async (userId) =>
      of(userId)
        .slice(0, MOST_ORIGINS)
        .map(({ origin }) => origin),
    async noteOrigins(userId, seen, at) {
      if (users.get(userId) === undefined) return;
      for (const origin of seen) {
        const key = keyOf(userId, origin);
        table.set(key, { userId, origin, at: Math.max(at, table.get(key)?.at ?? at) });
      }
      for (const { origin } of of(userId).slice(MOST_ORIGINS)) table.delete(keyOf(userId, origin));
    },
  };
}

function removeUser(tables: Tables, id: string): boolean {
  const { users, emails, sessions, cookies, refreshes, once, apiKeys, passkeys, identities, origins: seen } = tables;
  const user = users.get(id);
  if (user === undefined) return false;
  const ended = new Set(sessions.filter(({ userId }) => userId === id).map((session) => session.id));
  refreshes.remove(({ sessionId }) => ended.has(sessionId));
  cookies.remove((row) => ended.has(row.id));
  for (const table of [sessions, once, passkeys, identities, seen]) removeOf(table, id);
  apiKeys.remove(({ owner }) => owner === id);
  emails.delete(user.email);
  return users.delete(id);
}

function removeOf(table: { remove(fits: (row: { userId?: string }) => boolean): number }, id: string): void {
  table.remove(({ userId }) => userId === id);
}
