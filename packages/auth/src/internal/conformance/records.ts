import type { AuthStore, NewRefresh, NextRefresh, StoredSession, StoredUser } from "../../stores/store.ts";

/** An empty store, for one case. */
export interface StorePlace {
  readonly store: AuthStore;
}

/** What one case does. */
export type StoreCheck = (place: StorePlace) => Promise<void>;

/** When the records of the cases were made. */
export const T0: number = Date.UTC(2026, 0, 1);

export function user(changes: Partial<StoredUser> = {}): StoredUser {
  const id = changes.id ?? "u-1";
  return {
    id,
    email: `${id}@example.com`,
    status: "active",
    passwordHash: "$hash$1",
    roles: ["reader"],
    createdAt: T0,
    failures: 0,
    ...changes,
  };
}

export function session(changes: Partial<StoredSession> = {}): StoredSession {
  return {
    id: "s-1",
    userId: "u-1",
    createdAt: T0,
    lastUsedAt: T0,
    expiresAt: T0 + 100_000,
    authenticatedAt: T0,
    methods: ["pwd"],
    ...changes,
  };
}

export function refresh(hash: string): NewRefresh {
  return { hash, createdAt: T0, expiresAt: T0 + 50_000 };
}

export function next(hash: string): NextRefresh {
  return { hash, salt: `salt of ${hash}`, createdAt: T0, expiresAt: T0 + 60_000 };
}

/** How many of the parallel calls got `true`. */
export async function wins(calls: readonly Promise<boolean>[]): Promise<number> {
  return (await Promise.all(calls)).filter(Boolean).length;
}

export function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
