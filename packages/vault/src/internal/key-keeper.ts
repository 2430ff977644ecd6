import { randomBytes } from "node:crypto";
import { type Credential, type Material, readCredential, wipeMaterials } from "../credential.ts";
import { type KdfCost, noCheaper } from "../crypto/argon2.ts";
import { wipe } from "../crypto/bytes.ts";
import { RootKeys } from "../crypto/root-keys.ts";
import { openEntry, rewrapEntry, sealEntry } from "../entries.ts";
import { errors } from "../errors.ts";
import { SLOTS } from "../format/limits.ts";
import type { PutRecord } from "../format/record.ts";
import type { Slot } from "../format/slot.ts";
import { costOf, type DerivedSlot, deriveSlot, resealSlot, sealSlot } from "../slots.ts";
import type { KeySlot } from "../vault.ts";
import { checkCredentials, shown } from "./check.ts";
import type { Ledger } from "./ledger.ts";
import { momentOf } from "./moment.ts";
import type { State } from "./state.ts";

/** The key slots of a vault, and the keys below them. */
export class KeyKeeper {
  readonly #ledger: Ledger;
  readonly #kdf: KdfCost;
  #current: Buffer;

  constructor(ledger: Ledger, current: Buffer, kdf: KdfCost) {
    this.#ledger = ledger;
    this.#current = current;
    this.#kdf = kdf;
  }

  /** Notes which slot gave the keys. */
  unlockedBy(slotId: Buffer): void {
    this.#current = slotId;
  }

  list(): KeySlot[] {
    return this.#ledger.state.slots.map((slot) => this.#describe(slot));
  }

  async add(credential: Credential, created: number): Promise<KeySlot> {
    return this.#withSlot(credential, this.#kdf, created, async (derived) => {
      let added: Slot | undefined;
      await this.#ledger.commit((state, keys) => {
        if (state.slots.length >= SLOTS) throw new TypeError(`a vault has at most ${SLOTS} key slots`);
        added = sealSlot(state.vaultId, derived, keys);
        return { slots: [...state.slots, added] };
      });
      return this.#describe(added as unknown as Slot);
    });
  }

  async remove(id: string): Promise<void> {
    if (typeof id !== "string" || !/^[0-9a-f]{16}$/.test(id))
      throw new TypeError(`id must be 16 hexadecimal digits; got ${shown(id)}`);
    await this.#ledger.commit((state) => {
      const slots = state.slots.filter((slot) => slot.id.toString("hex") !== id);
      if (slots.length === state.slots.length) throw errors.VAULT_NOT_FOUND({ key: id });
      if (slots.length === 0) throw errors.VAULT_LAST_KEY({ key: id });
      return { slots };
    });
  }

  /** Replaces one password slot; the rest of the vault stays as it is, to the byte. */
  async changePassword(password: Credential["password"]): Promise<KeySlot> {
    if (password === undefined) throw new TypeError("password must be text; got undefined");
    const before = this.#passwordSlot(this.#ledger.state);
    const cost = noCheaper(this.#kdf, costOf(before) as KdfCost);
    return this.#withSlot({ password }, cost, momentOf(this.#ledger.parts.clock), async (derived) => {
      let after: Slot | undefined;
      await this.#ledger.commit((state, keys) => {
        const at = state.slots.findIndex((slot) => slot.id.equals(before.id));
        if (at < 0) throw errors.VAULT_NOT_FOUND({ key: before.id.toString("hex") });
        after = sealSlot(state.vaultId, derived, keys);
        return { slots: state.slots.with(at, after) };
      });
      const slot = after as unknown as Slot;
      if (before.id.equals(this.#current)) this.#current = slot.id;
      return this.#describe(slot);
    });
  }

  /** A new root under the same slots, or under a single new one. */
  async rotate(only: Pick<Credential, "password" | "key"> | undefined, created: number): Promise<void> {
    if (only === undefined)
      return this.#rotate((state, from, to) => state.slots.map((slot) => resealSlot(state.vaultId, slot, from, to)));
    checkCredentials("only", only, ["password", "key"]);
    const costs = this.#ledger.state.slots.map(costOf).filter((cost) => cost !== undefined);
    await this.#withSlot(only, costs.reduce(noCheaper, this.#kdf), created, async (derived) => {
      await this.#rotate((state, _from, to) => [sealSlot(state.vaultId, derived, to)]);
      this.#current = derived.facts.id;
    });
  }

  /** Every value under a new data key. */
  async reencrypt(): Promise<void> {
    await this.#ledger.commit((state, keys) => ({
      rewritten: recordsOf(state).map((record) => {
        const value = openEntry(state.vaultId, record, keys);
        const frame = sealEntry(state.vaultId, record, value, keys);
        wipe(value);
        return frame;
      }),
    }));
  }

  async #rotate(slotsOf: (state: State, from: RootKeys, to: RootKeys) => Slot[]): Promise<void> {
    const root = Buffer.alloc(32);
    root.set(randomBytes(32));
    let fresh: RootKeys | undefined;
    let done = false;
    try {
      await this.#ledger.commit((state, keys) => {
        fresh ??= new RootKeys(root, state.vaultId);
        const to = fresh;
        const rewritten = recordsOf(state).map((record) => rewrapEntry(state.vaultId, record, keys, to));
        return { rewritten, slots: slotsOf(state, keys, to), keys: to };
      });
      done = true;
    } finally {
      if (!done) fresh?.wipe();
    }
  }

  #passwordSlot(state: State): Slot {
    const passwords = state.slots.filter((slot) => slot.kind === "password");
    const current = passwords.find((slot) => slot.id.equals(this.#current));
    const slot = current ?? (passwords.length === 1 ? passwords[0] : undefined);
    if (slot === undefined) throw errors.VAULT_NOT_FOUND({ reason: "no single password to change" });
    return slot;
  }

  async #withSlot<T>(
    credential: Credential,
    cost: KdfCost,
    created: number,
    work: (derived: DerivedSlot) => Promise<T>,
  ): Promise<T> {
    const materials = readCredential(credential, "make", "credential");
    const { vaultId } = this.#ledger.state;
    const derived = await deriveSlot(vaultId, materials.at(-1) as Material, cost, created).finally(() =>
      wipeMaterials(materials),
    );
    try {
      return await work(derived);
    } finally {
      wipe(derived.kek);
    }
  }

  #describe({ id, kind, created }: Slot): KeySlot {
    return Object.freeze({ id: id.toString("hex"), kind, createdAt: created, current: id.equals(this.#current) });
  }
}

function recordsOf(state: State): PutRecord[] {
  return [...state.content.entries.values()].flat().map((version) => version.record);
}
