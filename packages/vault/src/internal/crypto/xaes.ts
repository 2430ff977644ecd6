import { type Cipheriv, createCipheriv, type KeyObject, randomBytes } from "node:crypto";
import { ownBytes, wipe } from "./bytes.ts";
import { messageKey, openGcm, sealGcm, TAG_BYTES } from "./gcm.ts";

/** Bytes of an XAES-256-GCM nonce. */
export const XAES_NONCE_BYTES = 24;
/** Bytes that {@link wrap} adds to what it wraps. */
export const WRAP_BYTES: number = XAES_NONCE_BYTES + TAG_BYTES;

const BLOCK = 16;

/** A key of XAES-256-GCM: its block cipher, set up once, and its CMAC subkey K1. */
export interface XaesKey {
  readonly blocks: Cipheriv;
  readonly subkey: Buffer;
}

/** Prepares a key of 32 bytes and wipes them; the key then is in the block cipher, until {@link wipeXaesKey}. */
export function xaesKey(key: Buffer): XaesKey {
  // The bare block cipher on independent blocks is what ECB means here; no message is encrypted with it.
  const blocks = createCipheriv("aes-256-ecb", key, null);
  blocks.setAutoPadding(false);
  wipe(key);
  const subkey = ownBytes(blocks.update(new Uint8Array(BLOCK)));
  const carry = (subkey[0] ?? 0) >> 7;
  for (let i = 0; i < BLOCK; i++) {
    subkey[i] = ((subkey[i] ?? 0) << 1) | ((subkey[i + 1] ?? 0) >> 7);
  }
  // Without a branch on the secret bit: the constant of SP 800-38B or zero.
  subkey[BLOCK - 1] = (subkey[BLOCK - 1] ?? 0) ^ (0x87 & -carry);
  return { blocks, subkey };
}

const wiped = new WeakSet<XaesKey>();

/** Zeroes a prepared key. OpenSSL zeroes its copy when the cipher ends; without that it stays until it is collected. */
export function wipeXaesKey(prepared: XaesKey): void {
  wipe(prepared.subkey);
  if (wiped.has(prepared)) return;
  wiped.add(prepared);
  prepared.blocks.final();
}

/** XAES-256-GCM (C2SP): AES-256-GCM under a key derived from the first half of a nonce of 24 bytes. */
export function sealXaes(prepared: XaesKey, nonce: Uint8Array, text: Uint8Array, data: Uint8Array): Buffer {
  const derived = deriveKey(prepared, nonce);
  const box = sealGcm(derived, nonce.subarray(12), text, data);
  wipe(derived);
  return box;
}

/** Opens what {@link sealXaes} made; `undefined` if anything differs. */
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

/** Opens what {@link wrap} made; `undefined` if anything differs. */
export function unwrap(prepared: XaesKey, wrapped: Uint8Array, data: Uint8Array): Buffer | undefined {
  return openXaes(prepared, wrapped.subarray(0, XAES_NONCE_BYTES), wrapped.subarray(XAES_NONCE_BYTES), data);
}

/** {@link unwrap} for the key of a single message, at a quarter of the cost; see {@link messageKey}. */
export function unwrapMessageKey(prepared: XaesKey, wrapped: Uint8Array, data: Uint8Array): KeyObject | undefined {
  const nonce = wrapped.subarray(0, XAES_NONCE_BYTES);
  const derived = messageKey(deriveKey(prepared, nonce));
  const key = openGcm(derived, nonce.subarray(12), wrapped.subarray(XAES_NONCE_BYTES), data);
  return key && messageKey(key);
}

/** The key for one nonce, to be wiped. */
function deriveKey({ blocks, subkey }: XaesKey, nonce: Uint8Array): Buffer {
  const input = Buffer.alloc(2 * BLOCK);
  for (const counter of [1, 2]) {
    const at = (counter - 1) * BLOCK;
    input[at + 1] = counter;
    input[at + 2] = 0x58;
    input.set(nonce.subarray(0, 12), at + 4);
    for (let i = 0; i < BLOCK; i++) input[at + i] = (input[at + i] ?? 0) ^ (subkey[i] ?? 0);
  }
  return blocks.update(input);
}
