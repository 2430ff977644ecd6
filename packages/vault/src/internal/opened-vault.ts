import { type Duration, type Secret, secret } from "@seaworthy/core";
import type { TotpCode } from "@seaworthy/core/otp";
import type { BundleOptions, ImportOptions, ImportResult } from "../bundle.ts";
import type { Credential } from "../credential.ts";
import type { DueEntry, Entry, EntryVersion, ListOptions, NewEntry, SecretValue, SetOptions } from "../entries.ts";
import { errors } from "../errors.ts";
import type { GetOptions, KeySlot, Vault, Verified, WatchListener, WatchOptions } from "../vault.ts";
import type { Access, AccessLog } from "./access-log.ts";
import { mapBreathing } from "./breathe.ts";
import { exportBundle, importBundle } from "./bundles.ts";
import { checkCredentials } from "./check.ts";
import {
  CREDENTIAL_OPTIONS,
  type Material,
  newRecoveryCode,
  readCredential,
  wipeMaterials,
} from "./credential-material.ts";
import { wipe } from "./crypto/bytes.ts";
import { EntryKeeper } from "./entry-keeper.ts";
import type { PutRecord } from "./format/record.ts";
import { IdleLock } from "./idle-lock.ts";
import { KeyKeeper } from "./key-keeper.ts";
import { allInTail } from "./layout.ts";
import type { Ledger } from "./ledger.ts";
import { momentOf } from "./moment.ts";
import { askFor, type OpenedLedger, unlockStore } from "./open-ledger.ts";
import { openEntry } from "./sealing.ts";
import { commitOf } from "./state.ts";
import type { CheckedOptions } from "./vault-options.ts";
import { Watcher } from "./watcher.ts";

type LockReason = "called" | "idle" | "rotated";

/** What `openVault` returns: each call does one thing, unlocks the vault first if it can, and is recorded. */
export class OpenedVault implements Vault {
  readonly #options: CheckedOptions;
  readonly #ledger: Ledger;
  readonly #log: AccessLog;
  readonly #idle: IdleLock;
  readonly #keeper: KeyKeeper;
  readonly #entries: EntryKeeper;
  readonly #watcher: Watcher;
  #reopening: Promise<void> | undefined;
  #lockReason: LockReason = "called";
  #closed = false;

  constructor(options: CheckedOptions, { ledger, slotId }: OpenedLedger, log: AccessLog) {
    this.#options = options;
    this.#ledger = ledger;
    this.#log = log;
    this.#entries = new EntryKeeper(ledger, options);
    this.#keeper = new KeyKeeper(ledger, slotId, options.kdf);
    this.#idle = new IdleLock(options.clock, options.autoLock, () => this.#lock("idle"));
    this.#watcher = new Watcher(
      options.clock,
      () => this.#reopenAnd(() => ledger.refresh()),
      (name) => this.#entries.known(name),
    );
    this.#idle.start();
  }

  get id(): string {
    return this.#ledger.state.vaultId.toString("hex");
  }

  get epoch(): number {
    return this.#ledger.state.epoch;
  }

  get isLocked(): boolean {
    return this.#ledger.isLocked;
  }

  set(name: string, value: SecretValue, options?: SetOptions): Promise<Entry> {
    return this.#use({ action: "set", name }, () => this.#entries.set(name, value, options));
  }

  async get(name: string, options: GetOptions = {}): Promise<Secret<string>> {
    return this.#read(name, options, (record) => this.#entries.reveal(record));
  }

  async getBytes(name: string, options: GetOptions = {}): Promise<Secret<Uint8Array>> {
    return this.#read(name, options, (record) => this.#entries.revealBytes(record));
  }

  setMany(entries: Iterable<NewEntry>): Promise<Entry[]> {
    return this.#use({ action: "set_many" }, () => this.#entries.setMany(entries));
  }

  setMetadata(name: string, options: SetOptions): Promise<Entry> {
    return this.#use({ action: "set_metadata", name }, () => this.#entries.setMetadata(name, options));
  }

  list(options?: ListOptions): Entry[] {
    return this.#useSync({ action: "list" }, () => this.#entries.list(options));
  }

  history(name: string): EntryVersion[] {
    return this.#useSync({ action: "history", name }, () => this.#entries.history(name));
  }

  rollback(name: string, version: number): Promise<Entry> {
    return this.#use({ action: "rollback", name, version }, () => this.#entries.rollback(name, version));
  }

  remove(name: string): Promise<void> {
    return this.#use({ action: "remove", name }, () => this.#entries.remove(name));
  }

  undelete(name: string): Promise<Entry> {
    return this.#use({ action: "undelete", name }, () => this.#entries.undelete(name));
  }

  rename(name: string, to: string): Promise<Entry> {
    return this.#use({ action: "rename", name }, () => this.#entries.rename(name, to));
  }

  destroy(name: string, version: number): Promise<void> {
    return this.#use({ action: "destroy", name, version }, () => this.#entries.destroy(name, version));
  }

  due(within: Duration): DueEntry[] {
    return this.#useSync({ action: "due" }, () => this.#entries.due(within));
  }

  totp(name: string): TotpCode {
    return this.#useSync({ action: "totp", name }, () => this.#entries.totp(name));
  }

  changePassword(next: string | Secret<string>): Promise<KeySlot> {
    return this.#use({ action: "change_password" }, () => this.#keeper.changePassword(next));
  }

  addKey(key: { readonly recovery: true }): Promise<KeySlot & { readonly code: Secret<string> }>;
  addKey(key: Pick<Credential, "password" | "key">): Promise<KeySlot>;
  addKey(key: Credential | { readonly recovery: true }): Promise<KeySlot & { readonly code?: Secret<string> }> {
    return this.#use({ action: "add_key" }, async () => {
      checkCredentials("addKey", key, CREDENTIAL_OPTIONS);
      const { recovery, ...credential } = key;
      if (recovery === undefined) return this.#keeper.add(credential, momentOf(this.#options.clock));
      if (recovery !== true) throw new TypeError("recovery must be true: the code is made for you");
      const code = newRecoveryCode();
      return {
        ...(await this.#keeper.add({ ...credential, recovery: code }, momentOf(this.#options.clock))),
        code: secret(code),
      };
    });
  }

  removeKey(id: string): Promise<void> {
    return this.#use({ action: "remove_key" }, () => this.#keeper.remove(id));
  }

  keys(): KeySlot[] {
    return this.#useSync({ action: "keys" }, () => this.#keeper.list());
  }

  rotateKeys(options: { only?: Pick<Credential, "password" | "key"> } = {}): Promise<void> {
    return this.#use({ action: "rotate_keys" }, () => this.#keeper.rotate(options, momentOf(this.#options.clock)));
  }

  reencrypt(): Promise<void> {
    return this.#use({ action: "reencrypt" }, () => this.#keeper.reencrypt());
  }

  exportTo(options: BundleOptions): Promise<Uint8Array> {
    return this.#use({ action: "export" }, () => exportBundle(this.#ledger, options));
  }

  importFrom(bundle: Uint8Array, options: ImportOptions): Promise<ImportResult> {
    return this.#use({ action: "import" }, () => importBundle(this.#ledger, bundle, options, this.#options.keep));
  }

  backup(): Promise<Uint8Array> {
    return this.#use({ action: "backup" }, async () => {
      await this.#ledger.refresh();
      const { state, keys } = this.#ledger;
      return commitOf(undefined, { ...state, log: undefined, layout: allInTail(state.content.live()) }, keys).head;
    });
  }

  verify(): Promise<Verified> {
    return this.#use({ action: "verify" }, async () => {
      await this.#ledger.reload();
      const { state, keys } = this.#ledger;
      const records = Array.from(state.content.entries.values()).flat();
      await mapBreathing(this.#ledger, records, ({ record }) => wipe(openEntry(state.vaultId, record, keys)));
      return { epoch: state.epoch, entries: state.content.entries.size, versions: records.length };
    });
  }

  watch(name: string, listener: WatchListener, options?: WatchOptions): () => void {
    this.#checkOpen();
    return this.#watcher.watch(name, listener, options);
  }

  refresh(): Promise<void> {
    return this.#use({ action: "refresh" }, () => this.#ledger.refresh());
  }

  lock(): void {
    this.#idle.stop();
    this.#lock("called");
  }

  unlock(credential: Credential): Promise<void> {
    return this.#log.around({ action: "unlock" }, async () => {
      checkCredentials("unlock", credential, CREDENTIAL_OPTIONS);
      if (this.#closed) throw errors.VAULT_LOCKED({ reason: "closed" });
      await this.#unlock(readCredential(credential, "open"));
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#watcher.close();
    const folded = this.#ledger.fold();
    this.lock();
    await folded;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #read<T>(name: string, options: GetOptions, give: (record: PutRecord) => T): Promise<T> {
    const version = options?.version; // read once, and by an async caller: a getter that throws makes a rejection, too
    const access = version === undefined ? { action: "get", name } : { action: "get", name, version };
    return this.#use(access, async () => give(await this.#entries.find(name, options, version)));
  }

  #use<T>(access: Access, work: () => Promise<T>): Promise<T> {
    return this.#log.around(access, async () => {
      this.#idle.touch();
      try {
        return await this.#reopenAnd(work);
      } finally {
        this.#idle.touch();
      }
    });
  }

  #useSync<T>(access: Access, work: () => T): T {
    return this.#log.aroundSync(access, () => {
      this.#checkOpen();
      return work();
    });
  }

  async #unlock(materials: readonly Material[]): Promise<void> {
    const least = Math.max(this.epoch, this.#options.expectedEpoch);
    const parts = { materials, clock: this.#options.clock };
    const opened = await unlockStore(this.#options.store, parts, least).finally(() => wipeMaterials(materials));
    if (this.#closed) {
      opened.keys.wipe();
      throw errors.VAULT_LOCKED({ reason: "closed" });
    }
    this.#ledger.unlock(opened.keys, opened.state);
    this.#keeper.unlockedBy(opened.slotId);
    this.#idle.start();
  }

  #lock(reason: LockReason): void {
    this.#lockReason = reason;
    this.#ledger.lock(reason);
  }

  /** Unlocks first if the vault locked itself and has a source of credentials, and again if `work` finds the root replaced. */
  async #reopenAnd<T>(work: () => Promise<T>): Promise<T> {
    if (this.#ledger.isLocked) await this.#reopen();
    try {
      return await work();
    } catch (error) {
      const isRotated = errors.VAULT_LOCKED.is(error) && error.context.reason === "rotated";
      if (!isRotated || this.#options.credential === undefined) throw error;
      this.#lockReason = "rotated";
      await this.#reopen();
      return work();
    }
  }

  /** Once for all calls that wait for it. */
  #reopen(): Promise<void> {
    const reason = this.#lockReason;
    if (this.#options.credential === undefined || reason === "called" || this.#closed)
      return Promise.reject(errors.VAULT_LOCKED());
    this.#reopening ??= askFor(this.#options, reason, "open")
      .then((materials) => this.#unlock(materials))
      .finally(() => {
        this.#reopening = undefined;
      });
    return this.#reopening;
  }

  #checkOpen(): void {
    this.#idle.touch();
    if (this.#ledger.isLocked) throw errors.VAULT_LOCKED();
  }
}
