import type { Duration } from "@seaworthy/core";
import { type Secret, secret, toMilliseconds } from "@seaworthy/core";
import { checkOptions, integer } from "@seaworthy/core/options";
import { parseOtpauth, type TotpCode, totpAt } from "@seaworthy/core/otp";
import type { DueEntry, Entry, EntryVersion, ListOptions, NewEntry, SecretValue, SetOptions } from "../entries.ts";
import { errors } from "../errors.ts";
import type { GetOptions } from "../vault.ts";
import type { Plan } from "./change.ts";
import { kindOf, shown } from "./check.ts";
import { currentOf } from "./content.ts";
import { wipe } from "./crypto/bytes.ts";
import {
  checkName,
  checkSetOptions,
  checkValue,
  describeEntry,
  describeVersion,
  dueEntries,
  type NewFacts,
} from "./entry-facts.ts";
import { encodeRecord, type PutRecord } from "./format/record.ts";
import type { Ledger } from "./ledger.ts";
import { momentOf } from "./moment.ts";
import { describeAgain, findVersion, openEntry, putFrames, revealEntry, sealEntry, versionsOf } from "./sealing.ts";
import type { CheckedOptions } from "./vault-options.ts";

const GET_OPTIONS = ["version", "allowExpired"];

interface CheckedEntry {
  readonly name: string;
  readonly facts: NewFacts;
  readonly bytes: Buffer;
}

/** The entries of a vault: each method checks its arguments and does one thing with the ledger. */
export class EntryKeeper {
  readonly #ledger: Ledger;
  readonly #options: CheckedOptions;
  /** Secrets that were given out and are still held, so that there is one of each in memory. */
  readonly #given = new WeakMap<PutRecord, WeakRef<Secret<string>>>();
  #freshUntil = Number.NEGATIVE_INFINITY;

  constructor(ledger: Ledger, options: CheckedOptions) {
    this.#ledger = ledger;
    this.#options = options;
  }

  async set(name: string, value: SecretValue, options?: SetOptions): Promise<Entry> {
    const [entry] = await this.#setAll([this.#checked({ ...options, name, value })]);
    return entry as Entry;
  }

  async setMany(entries: Iterable<NewEntry>): Promise<Entry[]> {
    if (typeof entries?.[Symbol.iterator] !== "function")
      throw new TypeError(`entries must be an array of entries; got ${kindOf(entries)}`);
    const checked: CheckedEntry[] = [];
    try {
      for (const entry of entries) checked.push(this.#checked(entry));
    } catch (error) {
      for (const { bytes } of checked) wipe(bytes);
      throw error;
    }
    return this.#setAll(checked);
  }

  /** Other facts for the current version of an entry, which keeps its number and its value. */
  async setMetadata(name: string, options: SetOptions): Promise<Entry> {
    checkName(name);
    const facts = checkSetOptions(options);
    const expires = options?.expiresAt === undefined ? undefined : facts.expires;
    let entry: Entry | undefined;
    await this.#ledger.commit((state, keys) => {
      const frame = describeAgain(state, name, { ...facts, expires }, keys);
      entry = describeEntry(frame.record as PutRecord, versionsOf(state, name).length);
      return { added: [frame] };
    });
    return entry as unknown as Entry;
  }

  #checked(entry: NewEntry): CheckedEntry {
    const { name, value, ...options } = entry;
    return { name: checkName(name), facts: checkSetOptions(options), bytes: checkValue(value) };
  }

  async #setAll(entries: readonly CheckedEntry[]): Promise<Entry[]> {
    const created = this.#now();
    const { keep } = this.#options;
    let described: Entry[] = [];
    const plan: Plan = (state, keys) => {
      described = [];
      const seen = new Set<string>();
      const added = entries.flatMap(({ name, facts, bytes }) => {
        if (seen.has(name)) throw new TypeError("entries must have different names; got one twice");
        seen.add(name);
        const frames = putFrames(state, { ...facts, name, created, keep }, bytes, keys);
        const versions = Math.min(keep, (state.content.entries.get(name)?.length ?? 0) + 1);
        described.push(describeEntry(frames[0]?.record as PutRecord, versions));
        return frames;
      });
      return added.length === 0 ? undefined : { added };
    };
    await this.#ledger.commit(plan).finally(() => wipe(...entries.map(({ bytes }) => bytes)));
    return described;
  }

  /** A record that `get` may return, after a look at the store. */
  async find(name: string, options: GetOptions, version: number | undefined): Promise<PutRecord> {
    checkName(name);
    checkOptions("get", options, GET_OPTIONS);
    if (version !== undefined) integer("version", version, 1, Number.MAX_SAFE_INTEGER);
    await this.#follow();
    const record = findVersion(this.#ledger.state, name, version);
    if (options.allowExpired !== true) this.#checkExpiry(record);
    return record;
  }

  reveal(record: PutRecord): Secret<string> {
    const { state, keys } = this.#ledger;
    const given = this.#given.get(record)?.deref();
    if (given !== undefined) return given;
    const value = revealEntry(state, record, keys);
    this.#given.set(record, new WeakRef(value));
    return value;
  }

  revealBytes(record: PutRecord): Secret<Uint8Array> {
    const { state, keys } = this.#ledger;
    return secret<Uint8Array>(openEntry(state.vaultId, record, keys));
  }

  list(filter: ListOptions = {}): Entry[] {
    checkOptions("list", filter, ["prefix", "labels", "removed"]);
    const { prefix = "", labels = {}, removed = false } = filter;
    if (typeof prefix !== "string") throw new TypeError(`prefix must be a string; got ${shown(prefix)}`);
    if (typeof removed !== "boolean") throw new TypeError(`removed must be a boolean; got ${shown(removed)}`);
    if (typeof labels !== "object" || labels === null)
      throw new TypeError(`labels must be an object of strings; got ${shown(labels)}`);
    const { content } = this.#ledger.state;
    const names = [...(removed ? content.removed : content.entries)].filter(([name]) => name.startsWith(prefix));
    return names
      .map(([, versions]) => describeEntry(currentOf(versions), versions.length))
      .filter((entry) => Object.entries(labels).every(([label, text]) => entry.labels[label] === text))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** An entry as far as it is known. */
  known(name: string): Entry | undefined {
    const versions = this.#ledger.state.content.entries.get(name);
    return versions && describeEntry(currentOf(versions), versions.length);
  }

  history(name: string): EntryVersion[] {
    return versionsOf(this.#ledger.state, checkName(name)).map(({ record }) => describeVersion(record));
  }

  async rollback(name: string, version: number): Promise<Entry> {
    checkName(name);
    integer("version", version, 1, Number.MAX_SAFE_INTEGER);
    const { keep } = this.#options;
    const created = this.#now();
    let entry: Entry | undefined;
    await this.#ledger.commit((state, keys) => {
      const record = findVersion(state, name, version);
      this.#checkExpiry(record);
      const bytes = openEntry(state.vaultId, record, keys);
      const added = putFrames(state, { ...record, name, created, keep }, bytes, keys);
      wipe(bytes);
      entry = describeEntry(added[0]?.record as PutRecord, Math.min(keep, versionsOf(state, name).length + 1));
      return { added };
    });
    return entry as unknown as Entry;
  }

  async remove(name: string): Promise<void> {
    checkName(name);
    const at = this.#now();
    await this.#ledger.commit((state) => {
      versionsOf(state, name);
      return { added: [encodeRecord({ type: "remove", name, at })] };
    });
  }

  /** Brings a removed entry back, as long as the store still has it. */
  async undelete(name: string): Promise<Entry> {
    checkName(name);
    let entry: Entry | undefined;
    await this.#ledger.commit((state) => {
      const versions = state.content.removed.get(name);
      if (versions === undefined) {
        const current = state.content.entries.get(name)?.at(-1)?.record.version;
        throw current === undefined
          ? errors.VAULT_NOT_FOUND({ name })
          : errors.VAULT_CONFLICT({ name, version: current });
      }
      entry = describeEntry(currentOf(versions), versions.length);
      return { added: versions.map(({ frame }) => frame) };
    });
    return entry as unknown as Entry;
  }

  /** Moves an entry with all its versions to another name. */
  async rename(name: string, to: string): Promise<Entry> {
    checkName(name);
    checkName(to);
    const at = this.#now();
    let entry: Entry | undefined;
    await this.#ledger.commit((state, keys) => {
      const versions = versionsOf(state, name);
      const taken = state.content.entries.get(to)?.at(-1)?.record.version;
      if (taken !== undefined) throw errors.VAULT_CONFLICT({ name: to, version: taken });
      const moved = versions.map(({ record }) => {
        const value = openEntry(state.vaultId, record, keys);
        const frame = sealEntry(state.vaultId, { ...record, name: to }, value, keys);
        wipe(value);
        return frame;
      });
      entry = describeEntry(moved.at(-1)?.record as PutRecord, moved.length);
      return { added: [...moved, encodeRecord({ type: "remove", name, at })] };
    });
    return entry as unknown as Entry;
  }

  /** Removes one version that is not the current one. */
  async destroy(name: string, version: number): Promise<void> {
    checkName(name);
    integer("version", version, 1, Number.MAX_SAFE_INTEGER);
    await this.#ledger.commit((state) => {
      findVersion(state, name, version);
      if (findVersion(state, name).version === version)
        throw errors.VAULT_CONFLICT({ name, version, reason: "it is the current version" });
      return { added: [encodeRecord({ type: "destroy", name, version })] };
    });
  }

  due(within: Duration): DueEntry[] {
    return dueEntries(this.#ledger.state, this.#now() + toMilliseconds(within, "within"));
  }

  totp(name: string): TotpCode {
    const record = findVersion(this.#ledger.state, checkName(name));
    this.#checkExpiry(record);
    const key = parseOtpauth(this.reveal(record).reveal());
    if (key === undefined) throw errors.VAULT_NOT_TOTP({ name });
    return totpAt({ ...key, secret: key.secret.reveal() }, this.#now());
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

  #now(): number {
    return momentOf(this.#options.clock);
  }
}
