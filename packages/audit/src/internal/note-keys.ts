import { createHash, type KeyObject } from "node:crypto";

/** The byte that names Ed25519 in C2SP signed notes (https://c2sp.org/signed-note). */
export const ED25519 = 0x01;
/** What stands before the raw key in an Ed25519 public key of X.509 (RFC 8410). */
export const SPKI_PREFIX: Buffer = Buffer.from("302a300506032b6570032100", "hex");

/** The raw 32 bytes of an Ed25519 public key. */
export function publicBytesOf(key: KeyObject): Uint8Array {
  return key.export({ type: "spki", format: "der" }).subarray(SPKI_PREFIX.length);
}

/** The first four bytes of SHA-256 over name, line feed, algorithm and key. */
export function keyIdOf(name: string, publicKey: Uint8Array): Uint8Array {
  return createHash("sha256").update(`${name}\n`).update(Buffer.of(ED25519)).update(publicKey).digest().subarray(0, 4);
}

/** `name+keyid+key`, as the format calls a vkey. */
export function verifierKeyOf(name: string, publicKey: Uint8Array): string {
  const encoded = Buffer.concat([Buffer.of(ED25519), publicKey]).toString("base64");
  return `${name}+${Buffer.from(keyIdOf(name, publicKey)).toString("hex")}+${encoded}`;
}
