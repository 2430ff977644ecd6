import { AsyncLocalStorage } from "node:async_hooks";
import type { StoredApiKey, StoredOnce, StoredPasskey, StoredSession, StoredUser } from "../../stores/store.ts";
import { Table, type UndoLog } from "./table.ts";

/** A refresh token with what is known about its successor. */
export interface RefreshRow {
  readonly hash: string;
  readonly sessionId: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly usedAt?: number;
  readonly successor?: string;
  readonly successorSalt?: string;
}

/** All that the store in memory keeps. */
export class Tables {
  readonly log: AsyncLocalStorage<UndoLog> = new AsyncLocalStorage();
  readonly users: Table<StoredUser> = new Table(this.log);
  readonly emails: Table<{ id: string }> = new Table(this.log);
  readonly sessions: Table<StoredSession> = new Table(this.log);
  readonly cookies: Table<{ id: string }> = new Table(this.log);
  readonly refreshes: Table<RefreshRow> = new Table(this.log);
  readonly revoked: Table<{ expiresAt: number }> = new Table(this.log);
  readonly once: Table<StoredOnce> = new Table(this.log);
  readonly apiKeys: Table<StoredApiKey> = new Table(this.log);
  readonly passkeys: Table<StoredPasskey> = new Table(this.log);
  readonly identities: Table<{ issuer: string; userId: string }> = new Table(this.log);
  readonly origins: Table<{ userId: string; origin: string; at: number }> = new Table(this.log);
}
