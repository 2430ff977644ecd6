import { randomBytes } from "node:crypto";
import { type Clock, isSeaworthyError } from "@seaworthy/core";
import type { CredentialSource } from "../credential.ts";
import { errors } from "../errors.ts";
import type { VaultStore } from "../stores/store.ts";
import { unlockEvent } from "../telemetry.ts";
import { checkCredentials } from "./check.ts";
import { Content } from "./content.ts";
import { CREDENTIAL_OPTIONS, chosenOf, type Material, readCredential, wipeMaterials } from "./credential-material.ts";
import type { KdfCost } from "./crypto/argon2.ts";
import { randomSecret } from "./crypto/bytes.ts";
import { RootKeys } from "./crypto/root-keys.ts";
import { type Head, ID_BYTES } from "./format/head.ts";
import type { Frame } from "./format/record.ts";
import { allInTail } from "./layout.ts";
import { Ledger } from "./ledger.ts";
import { loadState, rolledBack } from "./load-state.ts";
import { momentOf } from "./moment.ts";
import { deriveSlot, openSlots, sealSlot } from "./slots.ts";
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

/** Opens the store's vault, or makes one if `create` is set. */
export async function openLedger(checked: CheckedOptions): Promise<OpenedLedger> {
  const { store, create, expectedEpoch } = checked;
  const materials = checked.materials ?? (await askFor(checked, "open", create ? "make" : "open"));
  const options = { ...checked, materials };
  try {
    if (create && expectedEpoch === 0 && checked.expectedId === undefined && (await store.epoch()) === undefined) {
      const made = await createVault(options);
      if (made !== undefined) return ledgerOf(options, made);
    }
    const unlocked = await unlockStore(store, options, expectedEpoch);
    const id = unlocked.state.vaultId.toString("hex");
    if (options.expectedId === undefined || options.expectedId === id) return ledgerOf(options, unlocked);
    unlocked.keys.wipe();
    throw errors.VAULT_TAMPERED({ reason: "it is another vault", id, expected: options.expectedId });
  } finally {
    wipeMaterials(materials);
  }
}

/** What the host's `credential` returns. */
export async function askFor(
  { credential }: Pick<CheckedOptions, "credential">,
  reason: "open" | "idle" | "rotated",
  use: "open" | "make",
): Promise<Material[]> {
  const given = await (credential as CredentialSource)(reason);
  checkCredentials("credential", given, CREDENTIAL_OPTIONS);
  return readCredential(given, use, "what credential gives");
}

/** What is needed to unlock a vault. */
export interface UnlockParts {
  readonly materials: readonly Material[];
  readonly clock: Clock;
}

/** Reads, unlocks and authenticates what a store has. */
export async function unlockStore(
  store: VaultStore,
  { materials, clock }: UnlockParts,
  expectedEpoch: number,
): Promise<Unlocked> {
  const start = clock.monotonic();
  const method = chosenOf(materials).kind;
  let keys: RootKeys | undefined;
  let slotId: Buffer | undefined;
  const keysOf = async (head: Head): Promise<RootKeys> => {
    // Called again if a later head took this one's place in the meantime.
    if (keys?.id.equals(head.keyId)) return keys;
    const { root, slot } = await openSlots(head.vaultId, head.slots, materials);
    keys?.wipe();
    slotId = slot.id;
    keys = new RootKeys(root, head.vaultId);
    return keys;
  };
  try {
    const state = await loadState(store, keysOf, new Map()).catch((error: unknown) => {
      throw expectedEpoch > 0 && errors.VAULT_MISSING.is(error) ? rolledBack(0, expectedEpoch) : error;
    });
    if (state.epoch < expectedEpoch) throw rolledBack(state.epoch, expectedEpoch);
    if (unlockEvent.active) unlockEvent.emit({ method, outcome: "ok" }, (clock.monotonic() - start) / 1000);
    return { state, keys: keys as unknown as RootKeys, slotId: slotId as unknown as Buffer };
  } catch (error) {
    keys?.wipe();
    const code = isSeaworthyError(error) ? error.code : "ERROR";
    if (unlockEvent.active)
      unlockEvent.emit({ method, outcome: "error" }, (clock.monotonic() - start) / 1000, { code });
    throw error;
  }
}

/** A first state around a new root, with all of `frames` in the tail. `frames` seals what the vault begins with. */
export async function newVault(
  material: Material,
  kdf: KdfCost,
  created: number,
  framesOf: (vaultId: Buffer, keys: RootKeys) => readonly Frame[] | Promise<readonly Frame[]>,
): Promise<Unlocked> {
  const vaultId = randomBytes(ID_BYTES);
  const keys = new RootKeys(randomSecret(32), vaultId);
  const derived = await deriveSlot(vaultId, material, kdf, created);
  const slot = sealSlot(vaultId, derived, keys);
  derived.kek.fill(0);
  const content = new Content();
  const layout = allInTail(await framesOf(vaultId, keys));
  for (const frame of layout.tail) content.apply(frame);
  return {
    state: { epoch: 1, headEpoch: 1, log: undefined, vaultId, created, slots: [slot], layout, content },
    keys,
    slotId: slot.id,
  };
}

/** `undefined` if another process made the vault first. */
async function createVault({
  store,
  materials,
  kdf,
  clock,
}: CheckedOptions & UnlockParts): Promise<Unlocked | undefined> {
  const made = await newVault(chosenOf(materials), kdf, momentOf(clock), () => []);
  if (await store.commit(undefined, commitOf(undefined, made.state, made.keys))) return made;
  made.keys.wipe();
  return undefined;
}

function ledgerOf(parts: CheckedOptions, { state, keys, slotId }: Unlocked): OpenedLedger {
  return { ledger: new Ledger(parts, keys, state), slotId };
}
