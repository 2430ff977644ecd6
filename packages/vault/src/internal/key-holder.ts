import type { RootKeys } from "./crypto/root-keys.ts";

/** What holds the keys of a vault until it is locked. */
export interface KeyHolder {
  /** @throws VAULT_LOCKED */
  readonly keys: RootKeys;
  readonly isLocked: boolean;
}
