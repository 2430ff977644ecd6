import type { AuditSink, Clock, Duration, Secret } from "@seaworthy/core";
import type { TotpCode } from "@seaworthy/core/otp";
import type { BundleOptions, ImportOptions, ImportResult } from "./bundle.ts";
import type { Credential, CredentialSource, KdfOptions, SlotKind } from "./credential.ts";
import type { DueEntry, Entry, EntryVersion, ListOptions, NewEntry, SecretValue, SetOptions } from "./entries.ts";
import type { VaultStore } from "./stores/store.ts";

/** Options of {@link openVault}; exactly one of `password`, `key`, `recovery` and `credential`. */
export interface VaultOptions extends Credential {
  /**
   * Returns the credential when it is needed, also after the vault locked itself because it was idle or because another
   * process replaced the root key; the call that found it locked then goes on. It is not called after `lock()`.
   */
  credential?: CredentialSource;
  /** Where the vault is kept. */
  store: VaultStore;
  /** Makes a new vault if the store has none. @default false */
  create?: boolean;
  /** Refuses a vault whose epoch is below this: the only way to notice that the whole file was put back. @default none */
  expectedEpoch?: number;
  /** Refuses a vault of another id (`vault.id`), such as a copy of another vault with the same key, as `VAULT_TAMPERED`. @default any */
  expectedId?: string;
  /** Idle time after which the keys are zeroed; `false` for never. The waiting timer does not hold the process. @default "5m" */
  autoLock?: Duration | false;
  /** Versions kept of each entry, the current one among them, 1 to 1000. @default 10 */
  keep?: number;
  /**
   * Cost of turning a new password into a key. Existing key slots keep theirs, and what takes a password's place never
   * costs less than that did. @default 64 MiB, 3 passes, 4 lanes
   */
  kdf?: KdfOptions;
  /** Receives an entry for every access before the result is returned. If it rejects, so does the vault. */
  audit?: AuditSink;
  /** For how long `get` uses what it knows before it reads from the store whether another process has written. @default 0 */
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
  /** Also returns a value that has expired. @default false */
  allowExpired?: boolean;
}

/** Called with an entry's new current version, or with `undefined` after its removal. */
export type WatchListener = (entry: Entry | undefined) => unknown;

/** Options of `watch`. */
export interface WatchOptions {
  /** How often the store is read. @default "5s" */
  every?: Duration;
  /** Stops watching when it aborts. */
  signal?: AbortSignal;
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
  /** 32 hexadecimal digits, chosen when the vault was made. */
  readonly id: string;
  /** Increases with every write. Keep it elsewhere to notice a rollback: see `expectedEpoch`. */
  readonly epoch: number;
  readonly isLocked: boolean;
  /** Encrypts a value as the entry's next version. */
  set(name: string, value: SecretValue, options?: SetOptions): Promise<Entry>;
  /**
   * Decrypts a value that is text. While a secret of that version is still in use, the same one is returned again.
   *
   * @throws VAULT_NOT_FOUND, VAULT_EXPIRED, VAULT_TAMPERED; VAULT_NOT_TEXT if the bytes are not UTF-8
   */
  get(name: string, options?: GetOptions): Promise<Secret<string>>;
  /** Decrypts a value, text or not, to its bytes. @throws VAULT_NOT_FOUND, VAULT_EXPIRED, VAULT_TAMPERED */
  getBytes(name: string, options?: GetOptions): Promise<Secret<Uint8Array>>;
  /** Encrypts many values in one write, all of them or none. Each name may come once. @throws VAULT_CONFLICT */
  setMany(entries: Iterable<NewEntry>): Promise<Entry[]>;
  /** Changes expiry, reminder or labels of the current version; its value and its number stay. @throws VAULT_NOT_FOUND, VAULT_CONFLICT */
  setMetadata(name: string, options: SetOptions): Promise<Entry>;
  /** Entries, sorted by name. */
  list(options?: ListOptions): Entry[];
  /** The versions kept of an entry, oldest first. @throws VAULT_NOT_FOUND */
  history(name: string): EntryVersion[];
  /** Makes an old version's value the next version. @throws VAULT_NOT_FOUND; VAULT_EXPIRED if that version has */
  rollback(name: string, version: number): Promise<Entry>;
  /** Removes an entry with all its versions. @throws VAULT_NOT_FOUND */
  remove(name: string): Promise<void>;
  /**
   * Brings a removed entry back. That is possible until its name is set again, or the store drops what was removed, as
   * `reencrypt` and `rotateKeys` do at once and other writes now and then.
   *
   * @throws VAULT_NOT_FOUND; VAULT_CONFLICT if the entry exists
   */
  undelete(name: string): Promise<Entry>;
  /** Gives an entry with all its versions another name. @throws VAULT_NOT_FOUND; VAULT_CONFLICT if the new name exists */
  rename(name: string, to: string): Promise<Entry>;
  /** Removes one version. @throws VAULT_NOT_FOUND; VAULT_CONFLICT if it is the current version */
  destroy(name: string, version: number): Promise<void>;
  /** What expires or wants rotation within a time from now, or did already; soonest first. */
  due(within: Duration): DueEntry[];
  /** The current code of an entry whose value is an `otpauth://totp/` URI. @throws VAULT_NOT_FOUND, VAULT_NOT_TOTP */
  totp(name: string): TotpCode;
  /** Replaces the password slot that unlocked the vault, or the only one, and nothing else. @throws VAULT_KEY_NOT_FOUND if there is none */
  changePassword(next: string | Secret<string>): Promise<KeySlot>;
  /** Adds a key slot with a new recovery code, which is returned only here. @throws VAULT_FULL */
  addKey(key: { readonly recovery: true }): Promise<KeySlot & { readonly code: Secret<string> }>;
  /** Adds a key slot for a password or a raw key. @throws VAULT_FULL */
  addKey(key: Pick<Credential, "password" | "key">): Promise<KeySlot>;
  /** Removes a key slot. @throws VAULT_KEY_NOT_FOUND, VAULT_LAST_KEY */
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
  /** The vault as it is, with all versions and key slots, as a single file; the same credentials open it. @throws VAULT_FULL */
  backup(): Promise<Uint8Array>;
  /** Reads everything anew and decrypts every version. @throws VAULT_CORRUPT, VAULT_TAMPERED, VAULT_ROLLBACK */
  verify(): Promise<Verified>;
  /**
   * Calls `listener` after an entry's current version has become another one, in this process or another, and after the
   * entry was removed (with `undefined`). Reads the store at intervals, and returns a function that stops this. The store is
   * not read while the vault is locked, unless it can unlock itself by `credential`. What a listener throws is emitted as `vault.watch`.
   */
  watch(name: string, listener: WatchListener, options?: WatchOptions): () => void;
  /** Reads what other processes have written. */
  refresh(): Promise<void>;
  /** Zeroes the keys. */
  lock(): void;
  /** Unlocks a locked vault. @throws VAULT_UNLOCK_FAILED */
  unlock(credential: Credential): Promise<void>;
  /** Locks for good. */
  close(): Promise<void>;
}
