import { randomBytes } from "node:crypto";
import { isSeaworthyError } from "@seaworthy/core";
import { type Material, wipeMaterials } from "../credential.ts";
import type { KdfCost } from "../crypto/argon2.ts";
import { RootKeys } from "../crypto/root-keys.ts";
import { errors } from "../errors.ts";
import { type Head, ID_BYTES } from "../format/head.ts";
import type { Frame } from "../format/record.ts";
import { deriveSlot, openSlots, sealSlot } from "../slots.ts";
import type { VaultStore } from "../stores/store.ts";
import { unlocked } from "../telemetry.ts";
import { Content } from "./content.ts";
import { allInTail } from "./layout.ts";
import { Ledger, loadState, rolledBack } from "./ledger.ts";
import { momentOf } from "./moment.ts";
import { commitOf, type State } from "./state.ts";
import type { CheckedOptions } from "./vault-options.ts";

/** A state with the keys to it. */
export interface Unlocked {
  readonly state: State;
  readonly keys: RootKeys;
  /** Which slot gave the keys. */
  readonly slotId: Buffer;
}

/** A ledger and the slot that unlocked it. */
export interface OpenedLedger {
  readonly ledger: Ledger;
  readonly slotId: Buffer;
}

/** Opens the store's vault, or makes one where that is asked for. */
export async function openLedger(options: CheckedOptions): Promise<OpenedLedger> {
  const { store, materials, create, expectedEpoch } = options;
  try {
    if (create && expectedEpoch === 0 && (await store.epoch()) === undefined) {
      const made = await createVault(options);
      if (made !== undefined) return ledgerOf(options, made);
    }
    return ledgerOf(options, await unlockStore(store, options, expectedEpoch));
  } finally {
    wipeMaterials(materials);
  }
}

/** Reads, unlocks and authenticates what a store has. */
export async function unlockStore(
  store: VaultStore,
  { materials, clock }: Pick<CheckedOptions, "materials" | "clock">,
  expectedEpoch: number,
): Promise<Unlocked> {
  const start = clock.monotonic();
  const method = (materials.at(-1) as Material).kind;
  let keys: RootKeys | undefined;
  let slotId: Buffer | undefined;
  const keysOf = async (head: Head): Promise<RootKeys> => {
    // Asked again when a later head took this one's place in the meantime.
    if (keys?.id.equals(head.keyId)) return keys;
    const { root, slot } = await openSlots(head.vaultId, head.slots, materials);
    keys?.wipe();
    slotId = slot.id;
    keys = new RootKeys(root, head.vaultId);
    return keys;
  };
  try {
    const state = await loadState(store, keysOf, new Map()).catch((error: unknown) => {
      throw expectedEpoch > 0 && errors.VAULT_NOT_FOUND.is(error) ? rolledBack(0, expectedEpoch) : error;
    });
    if (state.epoch < expectedEpoch) throw rolledBack(state.epoch, expectedEpoch);
    if (unlocked.active) unlocked.emit({ method, outcome: "ok" }, (clock.monotonic() - start) / 1000);
    return { state, keys: keys as unknown as RootKeys, slotId: slotId as unknown as Buffer };
  } catch (error) {
    keys?.wipe();
    const code = isSeaworthyError(error) ? error.code : "ERROR";
    if (unlocked.active) unlocked.emit({ method, outcome: "error" }, (clock.monotonic() - start) / 1000, { code });
    throw error;
  }
}

/** A first state around a new root, with all of `frames` in the tail. `frames` seals what the vault begins with. */
export async function newVault(
  material: Material,
  kdf: KdfCost,
  created: number,
  framesOf: (vaultId: Buffer, keys: RootKeys) => readonly Frame[],
): Promise<Unlocked> {
  const vaultId = randomBytes(ID_BYTES);
  const root = Buffer.alloc(32);
  root.set(randomBytes(32));
  const keys = new RootKeys(root, vaultId);
  const derived = await deriveSlot(vaultId, material, kdf, created);
  const slot = sealSlot(vaultId, derived, keys);
  derived.kek.fill(0);
  const content = new Content();
  const layout = allInTail(framesOf(vaultId, keys));
  for (const frame of layout.tail) content.apply(frame);
  return { state: { epoch: 1, vaultId, created, slots: [slot], layout, content }, keys, slotId: slot.id };
}

/** `undefined` when another process made the vault first. */
async function createVault({ store, materials, kdf, clock }: CheckedOptions): Promise<Unlocked | undefined> {
  const made = await newVault(materials.at(-1) as Material, kdf, momentOf(clock), () => []);
  if (await store.commit(undefined, commitOf(undefined, made.state, made.keys))) return made;
  made.keys.wipe();
  return undefined;
}

function ledgerOf(parts: CheckedOptions, { state, keys, slotId }: Unlocked): OpenedLedger {
  return { ledger: new Ledger(parts, keys, state), slotId };
}
