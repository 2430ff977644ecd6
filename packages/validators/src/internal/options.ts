import { isSecret, type Secret } from "@seaworthy/core";
import { showValue } from "@seaworthy/core/options";

/** Returns an array of strings that are not empty. @throws TypeError naming the option */
export function stringArray(name: string, value: unknown): readonly string[] {
  if (!Array.isArray(value)) throw new TypeError(`${name} must be an array of strings; got ${showValue(value)}`);
  return value.map((item: unknown) => {
    if (typeof item === "string" && item !== "") return item;
    throw new TypeError(`${name} must be an array of strings that are not empty; got ${showValue(item)} in it`);
  });
}

/** Key material: a string (as UTF-8), bytes, or a secret of either. */
export type KeyMaterial = string | Uint8Array | Secret<string> | Secret<Uint8Array>;

/** Returns the bytes of a key of at least `least` bytes. @throws TypeError that never shows the key */
export function keyBytes(name: string, key: unknown, least: number): Uint8Array {
  const raw = isSecret(key) ? key.reveal() : key;
  const bytes = typeof raw === "string" ? Buffer.from(raw, "utf8") : raw;
  if (!(bytes instanceof Uint8Array))
    throw new TypeError(`${name} must be a string, bytes, or a Secret of either; got ${showValue(bytes)}`);
  if (bytes.length < least) throw new TypeError(`${name} must have at least ${least} bytes; got ${bytes.length} bytes`);
  return bytes;
}
