/** Numbers as big-endian bytes. */
export function whole(value: number, size: 1 | 2 | 4): Buffer {
  const bytes = Buffer.alloc(size);
  bytes.writeUIntBE(value, 0, size);
  return bytes;
}

/** A number of up to 53 bits as eight bytes. */
export function long(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

/** Bytes or UTF-8 behind their length. */
export function block(value: Uint8Array | string, size: 1 | 2 | 4): Buffer {
  const bytes = typeof value === "string" ? Buffer.from(value, "utf8") : value;
  return Buffer.concat([whole(bytes.length, size), bytes]);
}
