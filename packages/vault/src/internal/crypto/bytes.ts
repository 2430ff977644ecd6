import { randomFillSync } from "node:crypto";

const encoder = new TextEncoder();

/** What {@link lengthPrefixed} takes: text is UTF-8, a number 8 bytes. */
export type Part = Uint8Array | string | number;

/**
 * Zeroed bytes for something secret, so that overwriting them overwrites the only copy. A buffer of `Buffer.alloc` with up
 * to 64 bytes lies on V8's heap, where the collector moves it and native code copies it out; one around an `ArrayBuffer`
 * never does, and it does not share Node's pool.
 */
export function secretBytes(length: number): Buffer {
  return Buffer.from(new ArrayBuffer(length));
}

/** Random bytes for something secret, without a copy. */
export function randomSecret(length: number): Buffer {
  return randomFillSync(secretBytes(length));
}

/** A copy in {@link secretBytes}. */
export function ownBytes(bytes: ArrayLike<number>): Buffer {
  const own = secretBytes(bytes.length);
  own.set(bytes);
  return own;
}

/** UTF-8 in {@link secretBytes}. */
export function utf8(text: string): Buffer {
  const bytes = secretBytes(Buffer.byteLength(text, "utf8"));
  bytes.write(text, "utf8");
  return bytes;
}

/** Overwrites all of them with zeros. */
export function wipe(...buffers: (Uint8Array | undefined)[]): void {
  for (const buffer of buffers) buffer?.fill(0);
}

/** Each part behind its length as 4 bytes: two different sequences never have the same bytes. */
export function lengthPrefixed(...parts: readonly Part[]): Buffer {
  const blocks = parts.map((part) => {
    if (typeof part === "string") return encoder.encode(part);
    if (typeof part !== "number") return part;
    const block = Buffer.alloc(8);
    block.writeBigUInt64BE(BigInt(part));
    return block;
  });
  const result = Buffer.alloc(blocks.reduce((size, block) => size + 4 + block.length, 0));
  let at = 0;
  for (const block of blocks) {
    at = result.writeUInt32BE(block.length, at);
    result.set(block, at);
    at += block.length;
  }
  return result;
}
