import { createHmac, hash } from "node:crypto";
import { secretBytes, wipe } from "./bytes.ts";

/** HMAC-SHA-256 (RFC 2104). Takes the key as bytes, since a `KeyObject` would keep a copy that cannot be zeroed. */
export function hmac(key: Uint8Array, ...parts: readonly (Uint8Array | string)[]): Buffer {
  const mac = createHmac("sha256", key);
  for (const part of parts) mac.update(part);
  return mac.digest();
}

/** SHA-256 of the bytes. */
export function sha256(bytes: Uint8Array): Buffer {
  return hash("sha256", bytes, "buffer");
}

/** HKDF with SHA-256 (RFC 5869). Not `crypto.hkdfSync`, which copies the key into a `KeyObject`. */
export function hkdf(key: Uint8Array, salt: Uint8Array, info: Uint8Array | string, length = 32): Buffer {
  const extracted = hmac(salt.length === 0 ? new Uint8Array(32) : salt, key);
  const output = secretBytes(length);
  let block: Buffer = Buffer.alloc(0);
  for (let at = 0, counter = 1; at < length; counter++) {
    const next = hmac(extracted, block, info, Uint8Array.of(counter));
    wipe(block);
    block = next;
    output.set(block.subarray(0, Math.min(block.length, length - at)), at);
    at += block.length;
  }
  wipe(extracted, block);
  return output;
}
