import { checkOptions } from "@seaworthy/core/options";
import type { Credential } from "../credential.ts";
import { errors } from "../errors.ts";
import type { KeySlot } from "../vault.ts";
import { mapBreathing } from "./breathe.ts";
import { alone } from "./change.ts";
import { checkCredentials, shown } from "./check.ts";
import { chosenOf, readCredential, wipeMaterials } from "./credential-material.ts";
import { type KdfCost, noCheaper } from "./crypto/argon2.ts";
import { randomSecret, wipe } from "./crypto/bytes.ts";
import { RootKeys } from "./crypto/root-keys.ts";
import { SLOTS } from "./format/limits.ts";
import type { Frame, PutRecord } from "./format/record.ts";
import type { Slot } from "./format/slot.ts";
import type { Ledger } from "./ledger.ts";
import { momentOf } from "./moment.ts";
import { openEntry, rewrapEntry, sealEntry } from "./sealing.ts";
import { costOf, type DerivedSlot, deriveSlot, resealSlot, sealSlot } from "./slots.ts";
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
      const plan = alone((state, keys) => {
        if (state.slots.length >= SLOTS) throw errors.VAULT_FULL({ limit: `${SLOTS} key slots` });
        added = sealSlot(state.vaultId, derived, keys);
        return { slots: [...state.slots, added] };
      });
      await this.#ledger.commit(plan);
      return this.#describe(added as unknown as Slot);
    });
  }

  async remove(id: string): Promise<void> {
    if (typeof id !== "string" || !/^[0-9a-f]{16}$/.test(id))
      throw new TypeError(`id must be 16 hexadecimal digits; got ${shown(id)}`);
    const plan = alone((state) => {
      const slots = state.slots.filter((slot) => slot.id.toString("hex") !== id);
      if (slots.length === state.slots.length) throw errors.VAULT_KEY_NOT_FOUND({ key: id });
      if (slots.length === 0) throw errors.VAULT_LAST_KEY({ key: id });
      return { slots };
    });
    await this.#ledger.commit(plan);
  }

  /** Replaces one password slot; the rest of the vault stays as it is, to the byte. */
  async changePassword(password: Credential["password"]): Promise<KeySlot> {
    if (password === undefined) throw new TypeError("password must be a string; got undefined");
    const before = this.#passwordSlot(this.#ledger.state);
    const cost = noCheaper(this.#kdf, costOf(before) as KdfCost);
    return this.#withSlot({ password }, cost, momentOf(this.#ledger.parts.clock), async (derived) => {
      let after: Slot | undefined;
      const plan = alone((state, keys) => {
        const at = state.slots.findIndex((slot) => slot.id.equals(before.id));
        if (at < 0) throw errors.VAULT_KEY_NOT_FOUND({ key: before.id.toString("hex") });
        after = sealSlot(state.vaultId, derived, keys);
        return { slots: state.slots.with(at, after) };
      });
      await this.#ledger.commit(plan);
      const slot = after as unknown as Slot;
      if (before.id.equals(this.#current)) this.#current = slot.id;
      return this.#describe(slot);
    });
  }

  /** A new root under the same slots, or under a single new one. */
  async rotate(options: { only?: Pick<Credential, "password" | "key"> }, created: number): Promise<void> {
    checkOptions("rotateKeys", options, ["only"]);
    const { only } = options;
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
    const plan = alone(async (state, keys) => {
      const rewritten = await mapBreathing(this.#ledger, recordsOf(state), (record) => {
        const value = openEntry(state.vaultId, record, keys);
        const frame = sealEntry(state.vaultId, record, value, keys);
        wipe(value);
        return decoded(frame);
      });
      return { purge: true, rewritten };
    });
    await this.#ledger.commit(plan);
  }

  async #rotate(slotsOf: (state: State, from: RootKeys, to: RootKeys) => Slot[]): Promise<void> {
    const root = randomSecret(32);
    let fresh: RootKeys | undefined;
    let done = false;
    try {
      const plan = alone(async (state, keys) => {
        fresh ??= new RootKeys(root, state.vaultId);
        const to = fresh;
        const rewritten = await mapBreathing(this.#ledger, recordsOf(state), (record) =>
          decoded(rewrapEntry(state.vaultId, record, keys, to)),
        );
        return { rewritten, slots: slotsOf(state, keys, to), keys: to };
      });
      await this.#ledger.commit(plan);
      done = true;
    } finally {
      if (!done) fresh?.wipe();
    }
  }

  #passwordSlot(state: State): Slot {
    const passwords = state.slots.filter((slot) => slot.kind === "password");
    const current = passwords.find((slot) => slot.id.equals(this.#current));
    const slot = current ?? (passwords.length === 1 ? passwords[0] : undefined);
    if (slot === undefined) throw errors.VAULT_KEY_NOT_FOUND({ reason: "no single password to change" });
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
    const derived = await deriveSlot(vaultId, chosenOf(materials), cost, created).finally(() =>
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

/** A frame whose record is decoded here, between the turns of the event loop, and not with all others at once. */
function decoded(frame: Frame): Frame {
  void frame.record;
  return frame;
}

function recordsOf(state: State): PutRecord[] {
  return [...state.content.entries.values()].flat().map((version) => version.record);
}
