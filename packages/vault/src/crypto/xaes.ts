import { createCipheriv, randomBytes } from "node:crypto";
import { wipe } from "./bytes.ts";
import { openGcm, sealGcm, TAG_BYTES } from "./gcm.ts";

/** Bytes of an XAES-256-GCM nonce. */
export const XAES_NONCE_BYTES = 24;
/** Bytes that {@link wrap} adds to what it wraps. */
export const WRAP_BYTES: number = XAES_NONCE_BYTES + TAG_BYTES;

const BLOCK = 16;

/** A key of XAES-256-GCM with its CMAC subkey K1 computed once. */
export interface XaesKey {
  readonly key: Buffer;
  readonly subkey: Buffer;
}

/** Prepares a key of 32 bytes; the buffer is kept, not copied, and wiped by {@link wipeXaesKey}. */
export function xaesKey(key: Buffer): XaesKey {
  const subkey = encryptBlocks(key, new Uint8Array(BLOCK));
  const carry = (subkey[0] as number) >> 7;
  for (let i = 0; i < BLOCK; i++) {
    subkey[i] = ((subkey[i] as number) << 1) | (i + 1 < BLOCK ? (subkey[i + 1] as number) >> 7 : 0);
  }
  // Without a branch on the secret bit: the constant of SP 800-38B or zero.
  subkey[BLOCK - 1] = (subkey[BLOCK - 1] as number) ^ (0x87 & -carry);
  return { key, subkey };
}

/** Zeroes a prepared key. */
export function wipeXaesKey(prepared: XaesKey): void {
  wipe(prepared.key, prepared.subkey);
}

/** XAES-256-GCM (C2SP): AES-256-GCM under a key derived from the first half of a nonce of 24 bytes. */
export function sealXaes(prepared: XaesKey, nonce: Uint8Array, text: Uint8Array, data: Uint8Array): Buffer {
  const derived = deriveKey(prepared, nonce);
  const box = sealGcm(derived, nonce.subarray(12), text, data);
  wipe(derived);
  return box;
}

/** Opens what {@link sealXaes} made; `undefined` when anything is another. */
export function openXaes(prepared: XaesKey, nonce: Uint8Array, box: Uint8Array, data: Uint8Array): Buffer | undefined {
  const derived = deriveKey(prepared, nonce);
  const text = openGcm(derived, nonce.subarray(12), box, data);
  wipe(derived);
  return text;
}

/** Seals under a random nonce, which goes in front. */
export function wrap(prepared: XaesKey, text: Uint8Array, data: Uint8Array): Buffer {
  const nonce = randomBytes(XAES_NONCE_BYTES);
  return Buffer.concat([nonce, sealXaes(prepared, nonce, text, data)]);
}

/** Opens what {@link wrap} made; `undefined` when anything is another. */
export function unwrap(prepared: XaesKey, wrapped: Uint8Array, data: Uint8Array): Buffer | undefined {
  return openXaes(prepared, wrapped.subarray(0, XAES_NONCE_BYTES), wrapped.subarray(XAES_NONCE_BYTES), data);
}

function deriveKey({ key, subkey }: XaesKey, nonce: Uint8Array): Buffer {
  const blocks = Buffer.alloc(2 * BLOCK);
  for (const counter of [1, 2]) {
    const at = (counter - 1) * BLOCK;
    blocks[at + 1] = counter;
    blocks[at + 2] = 0x58;
    blocks.set(nonce.subarray(0, 12), at + 4);
    for (let i = 0; i < BLOCK; i++) blocks[at + i] = (blocks[at + i] as number) ^ (subkey[i] as number);
  }
  return encryptBlocks(key, blocks);
}

/** The bare block cipher on independent blocks. ECB is what that is called; no message is encrypted with it. */
function encryptBlocks(key: Uint8Array, blocks: Uint8Array): Buffer {
  const cipher = createCipheriv("aes-256-ecb", key, null);
  cipher.setAutoPadding(false);
  return cipher.update(blocks);
}
