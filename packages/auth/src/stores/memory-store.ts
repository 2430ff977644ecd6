import { memoryAccounts } from "../internal/memory/accounts.ts";
import { memoryApiKeys, memoryIdentities, memoryOnce, memoryPasskeys } from "../internal/memory/credentials.ts";
import { memorySessions } from "../internal/memory/sessions.ts";
import { withUndo } from "../internal/memory/table.ts";
import { Tables } from "../internal/memory/tables.ts";
import type { AuthStore } from "./store.ts";

const DAY = 86_400_000;

/**
 * Accounts and sessions in the memory of this process, for tests and development. They end with the process.
 *
 * @example
 * ```ts
 * import { memoryAuthStore } from "@seaworthy/auth";
 * const store = memoryAuthStore();
 * console.log(store.kind, await store.findUserByEmail("ada@example.com")); // memory undefined
 * ```
 */
export function memoryAuthStore(): AuthStore {
  const tables = new Tables();
  return {
    kind: "memory",
    ...memoryAccounts(tables),
    ...memorySessions(tables),
    ...memoryOnce(tables),
    ...memoryApiKeys(tables),
    ...memoryPasskeys(tables),
    ...memoryIdentities(tables),
    transaction: (fn) => withUndo(tables.log, fn),
    removeExpired: async (now) => removeExpired(tables, now),
    close: async () => undefined,
  };
}

function removeExpired({ sessions, cookies, refreshes, revoked, once }: Tables, now: number): number {
  const overdue = new Set(
    sessions.filter(({ expiresAt, endedAt }) => Math.min(expiresAt, (endedAt ?? now) + DAY) <= now).map(({ id }) => id),
  );
  cookies.remove(({ id }) => overdue.has(id));
  const removed = refreshes.remove(({ sessionId, expiresAt }) => overdue.has(sessionId) || expiresAt <= now);
  const expired = [revoked, once].map((table: { remove(fits: (row: { expiresAt: number }) => boolean): number }) =>
    table.remove(({ expiresAt }) => expiresAt <= now),
  );
  return expired.reduce((sum, count) => sum + count, removed + sessions.remove(({ id }) => overdue.has(id)));
}
