import type { SlotKind } from "../../credential.ts";
import { lengthPrefixed } from "../crypto/bytes.ts";
import { WRAP_BYTES } from "../crypto/xaes.ts";
import { ByteReader, corrupt } from "./reader.ts";
import { block, long, whole } from "./writer.ts";

const KINDS: readonly SlotKind[] = ["password", "recovery", "key"];
/** Bytes of a slot's id. */
export const SLOT_ID_BYTES = 8;
const COMMITMENT_BYTES = 32;
const WRAPPED_ROOT_BYTES = WRAP_BYTES + 32;
const KDF_BYTES = 96;

/** What is known of a slot without any key. All of it is authenticated with the wrapped root. */
export interface SlotFacts {
  readonly id: Buffer;
  readonly kind: SlotKind;
  readonly created: number;
  /** The key derivation and its salt, in PHC form. */
  readonly kdf: string;
}

/** A key slot: the root key, wrapped under one credential. */
export interface Slot extends SlotFacts {
  readonly commitment: Buffer;
  readonly wrappedRoot: Buffer;
  /** The slot's own key under the root key, so that the root can be rotated without asking for every credential. */
  readonly keptKey: Buffer;
}

/** What a slot's keys are bound to. */
export function slotContext(vaultId: Uint8Array, { id, kind, created, kdf }: SlotFacts): Buffer {
  return lengthPrefixed(vaultId, id, KINDS.indexOf(kind) + 1, created, kdf);
}

export function encodeSlot({ id, kind, created, kdf, commitment, wrappedRoot, keptKey }: Slot): Buffer {
  const fields = [id, whole(KINDS.indexOf(kind) + 1, 1), long(created), block(kdf, 1), commitment];
  return Buffer.concat([...fields, wrappedRoot, keptKey]);
}

export function decodeSlot(bytes: Uint8Array): Slot {
  const reader = new ByteReader(bytes);
  const id = reader.take(SLOT_ID_BYTES);
  const kind = KINDS[reader.whole(1) - 1];
  if (kind === undefined) throw corrupt("a key slot has an unknown kind");
  const slot: Slot = {
    id,
    kind,
    created: reader.long(),
    kdf: reader.text(1, KDF_BYTES),
    commitment: reader.take(COMMITMENT_BYTES),
    wrappedRoot: reader.take(WRAPPED_ROOT_BYTES),
    keptKey: reader.take(WRAPPED_ROOT_BYTES),
  };
  reader.end();
  return slot;
}
