import { randomBytes, timingSafeEqual } from "node:crypto";
import type { SlotKind } from "../credential.ts";
import { errors } from "../errors.ts";
import type { Material } from "./credential-material.ts";
import { argon2id, formatPhc, type KdfCost, parsePhc, SALT_BYTES } from "./crypto/argon2.ts";
import { lengthPrefixed, wipe } from "./crypto/bytes.ts";
import { hkdf, hmac } from "./crypto/hkdf.ts";
import { keyFor, type RootKeys } from "./crypto/root-keys.ts";
import { unwrap, wipeXaesKey, wrap, xaesKey } from "./crypto/xaes.ts";
import { corrupt } from "./format/reader.ts";
import { SLOT_ID_BYTES, type Slot, type SlotFacts, slotContext } from "./format/slot.ts";

/** A slot to be, with its key. */
export interface DerivedSlot {
  readonly facts: SlotFacts;
  readonly kek: Buffer;
}

const HKDF_TEXT = /^\$hkdf-sha256\$([A-Za-z0-9+/]{22})$/;

/** Derives the key of a new slot. `cost` counts for passwords alone; the other kinds have all the entropy they need. */
export async function deriveSlot(
  vaultId: Uint8Array,
  material: Material,
  cost: KdfCost,
  created: number,
): Promise<DerivedSlot> {
  const salt = randomBytes(SALT_BYTES);
  const kdf =
    material.kind === "password" ? formatPhc(cost, salt) : `$hkdf-sha256$${salt.toString("base64").replace(/=+$/, "")}`;
  const facts = { id: randomBytes(SLOT_ID_BYTES), kind: material.kind, created, kdf };
  return { facts, kek: await deriveKek(vaultId, facts, material.bytes) };
}

/** Wraps the root key in a slot. */
export function sealSlot(vaultId: Uint8Array, { facts, kek }: DerivedSlot, keys: RootKeys): Slot {
  const context = slotContext(vaultId, facts);
  const wrapper = xaesKey(keyFor(kek, vaultId, "slot wrap"));
  const slot = {
    ...facts,
    commitment: commitmentOf(vaultId, kek, context),
    wrappedRoot: wrap(wrapper, keys.root, context),
    keptKey: wrap(keys.slots, kek, context),
  };
  wipeXaesKey(wrapper);
  return slot;
}

/** The same slot around another root, without its credential. */
export function resealSlot(vaultId: Uint8Array, slot: Slot, from: RootKeys, to: RootKeys): Slot {
  const kek = unwrap(from.slots, slot.keptKey, slotContext(vaultId, slot));
  if (kek === undefined) throw errors.VAULT_TAMPERED({ reason: "a key slot is another" });
  const resealed = sealSlot(vaultId, { facts: slot, kek }, to);
  wipe(kek);
  return resealed;
}

/** The root key and the slot that gave it. @throws VAULT_UNLOCK_FAILED whatever the reason is */
export async function openSlots(
  vaultId: Uint8Array,
  slots: readonly Slot[],
  materials: readonly Material[],
): Promise<{ root: Buffer; slot: Slot }> {
  for (const material of materials) {
    for (const slot of slots) {
      if (slot.kind !== material.kind) continue;
      const root = await openSlot(vaultId, slot, material.bytes);
      if (root !== undefined) return { root, slot };
    }
  }
  throw errors.VAULT_UNLOCK_FAILED();
}

/** The cost that a password slot was made with. */
export function costOf(slot: SlotFacts): KdfCost | undefined {
  return slot.kind === "password" ? parsePhc(slot.kdf)?.cost : undefined;
}

/** Refuses a slot whose stored parameters are of another kind or out of bounds. */
export function checkSlot(slot: SlotFacts): void {
  if (saltOf(slot.kind, slot.kdf) === undefined) throw corrupt("a key slot's derivation is out of bounds");
}

async function openSlot(vaultId: Uint8Array, slot: Slot, secret: Buffer): Promise<Buffer | undefined> {
  const kek = await deriveKek(vaultId, slot, secret);
  const context = slotContext(vaultId, slot);
  const committed = commitmentOf(vaultId, kek, context);
  let root: Buffer | undefined;
  if (timingSafeEqual(committed, slot.commitment)) {
    const wrapper = xaesKey(keyFor(kek, vaultId, "slot wrap"));
    root = unwrap(wrapper, slot.wrappedRoot, context);
    wipeXaesKey(wrapper);
  }
  wipe(kek, committed);
  return root;
}

async function deriveKek(vaultId: Uint8Array, facts: SlotFacts, secret: Buffer): Promise<Buffer> {
  const salt = saltOf(facts.kind, facts.kdf);
  if (salt === undefined) throw corrupt("a key slot's derivation is out of bounds");
  const cost = costOf(facts);
  const input = cost === undefined ? secret : await argon2id(secret, salt, cost);
  const info = lengthPrefixed("seaworthy-vault/1 slot", slotContext(vaultId, facts));
  const kek = hkdf(input, salt, info);
  if (input !== secret) wipe(input);
  return kek;
}

function saltOf(kind: SlotKind, kdf: string): Buffer | undefined {
  if (kind === "password") return parsePhc(kdf)?.salt;
  const match = HKDF_TEXT.exec(kdf);
  return match === null ? undefined : Buffer.from(match[1] ?? "", "base64");
}

function commitmentOf(vaultId: Uint8Array, kek: Buffer, context: Buffer): Buffer {
  const key = keyFor(kek, vaultId, "slot commitment");
  const commitment = hmac(key, context);
  wipe(key);
  return commitment;
}
