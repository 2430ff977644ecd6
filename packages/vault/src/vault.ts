import type { AuditSink, Clock, Duration, Secret } from "@seaworthy/core";
import type { BundleOptions, ImportOptions, ImportResult } from "./bundle.ts";
import type { Credential } from "./credential.ts";
import type { KdfOptions } from "./crypto/argon2.ts";
import type { DueEntry, Entry, EntryVersion, SetOptions } from "./entries.ts";
import type { SlotKind } from "./format/slot.ts";
import { AccessLog } from "./internal/access-log.ts";
import { openLedger } from "./internal/open-ledger.ts";
import { OpenedVault } from "./internal/opened-vault.ts";
import { checkVaultOptions } from "./internal/vault-options.ts";
import type { TotpCode } from "./otp/totp.ts";
import type { VaultStore } from "./stores/store.ts";

/** Options of {@link openVault}; exactly one of `password`, `key` and `recovery`. */
export interface VaultOptions extends Credential {
  /** Where the vault is kept. */
  store: VaultStore;
  /** Makes a new vault if the store has none. @default false */
  create?: boolean;
  /** Refuses a vault whose epoch is below this: the only way to notice that the whole file was put back. @default none */
  expectedEpoch?: number;
  /** Idle time after which the keys are zeroed; `false` for never. The waiting timer does not hold the process. @default "5m" */
  autoLock?: Duration | false;
  /** Versions kept of each entry, the current one among them, 1 to 1000. @default 10 */
  keep?: number;
  /**
   * Cost of turning a new password into a key. Existing key slots keep theirs, and what takes a password's place never
   * costs less than that did. @default 64 MiB, 3 passes, 4 lanes
   */
  kdf?: KdfOptions;
  /** Learns of every access before its result is let out; when it refuses, so does the vault. */
  audit?: AuditSink;
  /** For how long `get` trusts what it knows before it asks the store whether another process has written. @default 0 */
  refreshEvery?: Duration;
  /** For how long a write tries again while other writers are first. @default "10s" */
  busyTimeout?: Duration;
  clock?: Clock;
  /** Spreads the retries of writers; keys never come from it. @default Math.random */
  random?: () => number;
}

/** Options of `get`. */
export interface GetOptions {
  /** Which version. @default the current one */
  version?: number;
  /** Gives out a value that has expired, too. @default false */
  allowExpired?: boolean;
}

/** A key slot, without anything secret. */
export interface KeySlot {
  /** 16 hexadecimal digits. */
  readonly id: string;
  readonly kind: SlotKind;
  readonly createdAt: number;
  /** Whether this one unlocked the vault. */
  readonly current: boolean;
}

/** What `addKey` takes: a credential, or `recovery: true` for a new recovery code. */
export type NewKey = Pick<Credential, "password" | "key"> & { recovery?: true };

/** What `verify` has checked. */
export interface Verified {
  readonly epoch: number;
  readonly entries: number;
  readonly versions: number;
}

/**
 * An open vault. Every call but `lock` and `close` throws `VAULT_LOCKED` while it is locked.
 *
 * `list`, `history`, `due` and `totp` answer at once, from what the vault knows since the last `get`, write or `refresh`.
 */
export interface Vault extends AsyncDisposable {
  /** Increases with every write. Keep it elsewhere to notice a rollback: see `expectedEpoch`. */
  readonly epoch: number;
  readonly isLocked: boolean;
  /** Encrypts a value as the entry's next version. */
  set(name: string, value: string | Secret<string>, options?: SetOptions): Promise<Entry>;
  /** Decrypts a value; the same secret again while one of that version is still held. @throws VAULT_NOT_FOUND, VAULT_EXPIRED, VAULT_TAMPERED */
  get(name: string, options?: GetOptions): Promise<Secret<string>>;
  /** All entries by name. */
  list(): Entry[];
  /** The versions kept of an entry, oldest first. @throws VAULT_NOT_FOUND */
  history(name: string): EntryVersion[];
  /** Makes an old version's value the next version. @throws VAULT_NOT_FOUND; VAULT_EXPIRED when that version has */
  rollback(name: string, version: number): Promise<Entry>;
  /** Removes an entry with all its versions. @throws VAULT_NOT_FOUND */
  remove(name: string): Promise<void>;
  /** What expires or wants rotation within a time from now, or did already; soonest first. */
  due(within: Duration): DueEntry[];
  /** The current code of an entry whose value is an `otpauth://totp/` URI. @throws VAULT_NOT_FOUND, VAULT_NOT_TOTP */
  totp(name: string): TotpCode;
  /** Replaces the password slot that unlocked the vault, or the only one, and nothing else. @throws VAULT_NOT_FOUND when there is none */
  changePassword(next: string | Secret<string>): Promise<KeySlot>;
  /** Adds a key slot; `code` is the new recovery code, shown this once. */
  addKey(key: NewKey): Promise<KeySlot & { readonly code?: Secret<string> }>;
  /** Removes a key slot. @throws VAULT_NOT_FOUND, VAULT_LAST_KEY */
  removeKey(id: string): Promise<void>;
  /** The key slots. */
  keys(): KeySlot[];
  /**
   * New root key, every data key wrapped anew, every value's ciphertext as it was. All key slots keep working; with
   * `only`, that credential becomes the single key slot, which is what a compromise calls for.
   */
  rotateKeys(options?: { only?: Pick<Credential, "password" | "key"> }): Promise<void>;
  /** Every version decrypted and encrypted anew, under a data key of its own. */
  reencrypt(): Promise<void>;
  /** The current versions as an encrypted bundle under another credential. @throws VAULT_NOT_FOUND */
  exportTo(options: BundleOptions): Promise<Uint8Array>;
  /** Takes the entries of a bundle in one write. @throws VAULT_CONFLICT, VAULT_UNLOCK_FAILED, VAULT_CORRUPT, VAULT_TAMPERED */
  importFrom(bundle: Uint8Array, options: ImportOptions): Promise<ImportResult>;
  /** Reads everything anew and decrypts every version. @throws VAULT_CORRUPT, VAULT_TAMPERED, VAULT_ROLLBACK */
  verify(): Promise<Verified>;
  /** Takes notice of what other processes have written. */
  refresh(): Promise<void>;
  /** Zeroes the keys. */
  lock(): void;
  /** Unlocks a locked vault. @throws VAULT_UNLOCK_FAILED */
  unlock(credential: Credential): Promise<void>;
  /** Locks for good. */
  close(): Promise<void>;
}

/**
 * Opens a vault, or with `create` makes one if the store has none. Decrypts no entry.
 *
 * @throws TypeError when an option is malformed; credentials are never part of the message
 * @throws VAULT_NOT_FOUND when the store has no vault
 * @throws VAULT_UNLOCK_FAILED when the credential does not fit, or a key slot was changed: nothing tells which
 * @throws VAULT_TAMPERED when anything else was changed by someone without the key
 * @throws VAULT_CORRUPT when the bytes are damaged
 * @throws VAULT_ROLLBACK when the epoch is below `expectedEpoch`
 * @throws VAULT_PERMISSIONS when a file store's files are open to others
 * @throws VAULT_AUDIT_FAILED when the audit sink refuses
 * @example
 * ```ts
 * import { memoryStore, openVault } from "@seaworthy/vault";
 * const password = "correct horse battery staple";
 * await using vault = await openVault({ store: memoryStore(), password, create: true });
 * await vault.set("upstream/api-key", "sk-live-4242424242", { rotateAfter: "90d" });
 * const key = await vault.get("upstream/api-key");
 * console.log(String(key), key.reveal().length); // [redacted] 18
 * ```
 */
export async function openVault(options: VaultOptions): Promise<Vault> {
  const checked = checkVaultOptions(options);
  const log = new AccessLog(checked.audit, checked.clock);
  const opening = openLedger(checked);
  return log
    .around({ action: "open" }, async () => new OpenedVault(checked, await opening, log))
    .catch(async (error: unknown) => {
      // Refused by the audit sink, it was open already.
      await opening.then(({ ledger }) => ledger.lock("refused")).catch(() => undefined);
      throw error;
    });
}
