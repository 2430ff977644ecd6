import { type Duration, type Secret, secret, toMilliseconds } from "@seaworthy/core";
import { checkOptions, wholeNumber } from "@seaworthy/core/options";
import { type BundleOptions, exportBundle, type ImportOptions, type ImportResult, importBundle } from "../bundle.ts";
import { CREDENTIAL_OPTIONS, type Credential, newRecoveryCode, readCredential, wipeMaterials } from "../credential.ts";
import { wipe } from "../crypto/bytes.ts";
import {
  checkName,
  checkSetOptions,
  checkValue,
  type DueEntry,
  describeVersion,
  dueEntries,
  type Entry,
  type EntryVersion,
  findVersion,
  openEntry,
  putFrames,
  revealEntry,
  type SetOptions,
  versionsOf,
} from "../entries.ts";
import { errors } from "../errors.ts";
import { encodeRecord, type PutRecord } from "../format/record.ts";
import { parseOtpauth } from "../otp/otpauth.ts";
import { type TotpCode, totpAt } from "../otp/totp.ts";
import type { GetOptions, KeySlot, NewKey, Vault, Verified } from "../vault.ts";
import type { Access, AccessLog } from "./access-log.ts";
import { checkCredentials } from "./check.ts";
import { IdleLock } from "./idle-lock.ts";
import { KeyKeeper } from "./key-keeper.ts";
import type { Ledger } from "./ledger.ts";
import { momentOf } from "./moment.ts";
import { type OpenedLedger, unlockStore } from "./open-ledger.ts";
import type { CheckedOptions } from "./vault-options.ts";

const GET_OPTIONS = ["version", "allowExpired"];

/** What `openVault` returns: each call checks its arguments, does one thing with the ledger, and is recorded. */
export class OpenedVault implements Vault {
  readonly #options: CheckedOptions;
  readonly #ledger: Ledger;
  readonly #log: AccessLog;
  readonly #idle: IdleLock;
  readonly #keeper: KeyKeeper;
  /** Values that were given out and are still held: one secret for each is all there needs to be in memory. */
  readonly #given = new WeakMap<PutRecord, WeakRef<Secret<string>>>();
  #freshUntil = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(options: CheckedOptions, { ledger, slotId }: OpenedLedger, log: AccessLog) {
    this.#options = options;
    this.#ledger = ledger;
    this.#log = log;
    this.#keeper = new KeyKeeper(ledger, slotId, options.kdf);
    this.#idle = new IdleLock(options.clock, options.autoLock, () => ledger.lock("idle"));
    this.#idle.start();
  }

  get epoch(): number {
    return this.#ledger.state.epoch;
  }

  get isLocked(): boolean {
    return this.#ledger.isLocked;
  }

  set(name: string, value: string | Secret<string>, options?: SetOptions): Promise<Entry> {
    return this.#use({ action: "set", name }, async () => {
      checkName(name);
      const facts = checkSetOptions(options);
      const bytes = checkValue(value);
      const { keep } = this.#options;
      const created = this.#now();
      await this.#ledger
        .commit((state, keys) => ({ added: putFrames(state, name, bytes, { ...facts, created, keep }, keys) }))
        .finally(() => wipe(bytes));
      return this.#entry(name);
    });
  }

  async get(name: string, options: GetOptions = {}): Promise<Secret<string>> {
    const version = options?.version; // read once, and inside: a getter that throws makes a rejection, too
    return this.#use({ action: "get", name, ...(version !== undefined && { version }) }, async () => {
      checkName(name);
      checkOptions("get", options, GET_OPTIONS);
      if (version !== undefined) wholeNumber("version", version, 1, Number.MAX_SAFE_INTEGER);
      await this.#follow();
      const record = findVersion(this.#ledger.state, name, version);
      if (options.allowExpired !== true) this.#checkExpiry(record);
      return this.#reveal(record);
    });
  }

  list(): Entry[] {
    return this.#useSync({ action: "list" }, () =>
      [...this.#ledger.state.content.entries.keys()].sort().map((name) => this.#entry(name)),
    );
  }

  history(name: string): EntryVersion[] {
    return this.#useSync({ action: "history", name }, () =>
      versionsOf(this.#ledger.state, checkName(name)).map(({ record }) => describeVersion(record)),
    );
  }

  rollback(name: string, version: number): Promise<Entry> {
    return this.#use({ action: "rollback", name, version }, async () => {
      checkName(name);
      wholeNumber("version", version, 1, Number.MAX_SAFE_INTEGER);
      const { keep } = this.#options;
      const created = this.#now();
      await this.#ledger.commit((state, keys) => {
        const record = findVersion(state, name, version);
        this.#checkExpiry(record);
        const bytes = openEntry(state.vaultId, record, keys);
        const added = putFrames(state, name, bytes, { ...record, created, keep }, keys);
        wipe(bytes);
        return { added };
      });
      return this.#entry(name);
    });
  }

  remove(name: string): Promise<void> {
    return this.#use({ action: "remove", name }, async () => {
      checkName(name);
      const at = this.#now();
      await this.#ledger.commit((state) => {
        versionsOf(state, name);
        return { added: [encodeRecord({ type: "remove", name, at })] };
      });
    });
  }

  due(within: Duration): DueEntry[] {
    return this.#useSync({ action: "due" }, () =>
      dueEntries(this.#ledger.state, this.#now() + toMilliseconds(within, "within")),
    );
  }

  totp(name: string): TotpCode {
    return this.#useSync({ action: "totp", name }, () => {
      const record = findVersion(this.#ledger.state, checkName(name));
      this.#checkExpiry(record);
      const key = parseOtpauth(this.#reveal(record).reveal());
      if (key === undefined) throw errors.VAULT_NOT_TOTP({ name });
      return totpAt({ ...key, secret: key.secret.reveal() }, this.#now());
    });
  }

  changePassword(next: string | Secret<string>): Promise<KeySlot> {
    return this.#use({ action: "change_password" }, () => this.#keeper.changePassword(next));
  }

  addKey(key: NewKey): Promise<KeySlot & { readonly code?: Secret<string> }> {
    return this.#use({ action: "add_key" }, async () => {
      checkCredentials("addKey", key, CREDENTIAL_OPTIONS);
      const { recovery, ...credential } = key;
      if (recovery === undefined) return this.#keeper.add(credential, this.#now());
      if (recovery !== true) throw new TypeError("recovery must be true: the code is made for you");
      const code = newRecoveryCode();
      return { ...(await this.#keeper.add({ ...credential, recovery: code }, this.#now())), code: secret(code) };
    });
  }

  removeKey(id: string): Promise<void> {
    return this.#use({ action: "remove_key" }, () => this.#keeper.remove(id));
  }

  keys(): KeySlot[] {
    return this.#useSync({ action: "keys" }, () => this.#keeper.list());
  }

  rotateKeys(options: { only?: Pick<Credential, "password" | "key"> } = {}): Promise<void> {
    return this.#use({ action: "rotate_keys" }, async () => {
      checkOptions("rotateKeys", options, ["only"]);
      await this.#keeper.rotate(options.only, this.#now());
    });
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

  verify(): Promise<Verified> {
    return this.#use({ action: "verify" }, async () => {
      await this.#ledger.reload();
      const { state, keys } = this.#ledger;
      const records = [...state.content.entries.values()].flat();
      for (const { record } of records) wipe(openEntry(state.vaultId, record, keys));
      return { epoch: state.epoch, entries: state.content.entries.size, versions: records.length };
    });
  }

  refresh(): Promise<void> {
    return this.#use({ action: "refresh" }, () => this.#ledger.refresh());
  }

  lock(): void {
    this.#idle.stop();
    this.#ledger.lock("called");
  }

  unlock(credential: Credential): Promise<void> {
    return this.#log.around({ action: "unlock" }, async () => {
      checkCredentials("unlock", credential, CREDENTIAL_OPTIONS);
      if (this.#closed) throw errors.VAULT_LOCKED({ reason: "closed" });
      const materials = readCredential(credential, "open");
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
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.lock();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #use<T>(access: Access, work: () => Promise<T>): Promise<T> {
    return this.#log.around(access, async () => {
      this.#checkOpen();
      try {
        return await work();
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

  #checkOpen(): void {
    this.#idle.touch();
    if (this.#ledger.isLocked) throw errors.VAULT_LOCKED();
  }

  #reveal(record: PutRecord): Secret<string> {
    const { state, keys } = this.#ledger;
    const given = this.#given.get(record)?.deref();
    if (given !== undefined) return given;
    const value = revealEntry(state, record, keys);
    this.#given.set(record, new WeakRef(value));
    return value;
  }

  async #follow(): Promise<void> {
    const now = this.#options.clock.monotonic();
    if (now < this.#freshUntil) return;
    await this.#ledger.refresh();
    this.#freshUntil = now + this.#options.refreshEvery;
  }

  #checkExpiry({ name, version, expires }: PutRecord): void {
    if (expires !== 0 && expires <= this.#now()) throw errors.VAULT_EXPIRED({ name, version, expiredAt: expires });
  }

  #entry(name: string): Entry {
    const versions = versionsOf(this.#ledger.state, name);
    return Object.freeze({ ...describeVersion(findVersion(this.#ledger.state, name)), versions: versions.length });
  }

  #now(): number {
    return momentOf(this.#options.clock);
  }
}
