import { isSecret, type Secret } from "@seaworthy/core";
import { showValue } from "@seaworthy/core/options";

/** A list of texts, none empty. */
export function textList(value: unknown, name: string): readonly string[] {
  const items: readonly unknown[] | undefined = Array.isArray(value) ? value : undefined;
  if (items === undefined) throw new TypeError(`${name} must be a list of text; got ${showValue(value)}`);
  for (const item of items) {
    if (typeof item !== "string" || item === "")
      throw new TypeError(`${name} must hold nothing but text; got ${showValue(item)}`);
  }
  return items as readonly string[];
}

/** Key material: text (as UTF-8), bytes, or a secret of either. */
export type KeyMaterial = string | Uint8Array | Secret<string> | Secret<Uint8Array>;

/** The bytes of a key of at least `least` bytes. The error never shows the key. */
export function keyBytes(key: unknown, name: string, least: number): Uint8Array {
  const raw = isSecret(key) ? key.reveal() : key;
  const bytes = typeof raw === "string" ? Buffer.from(raw, "utf8") : raw;
  if (!(bytes instanceof Uint8Array))
    throw new TypeError(`${name} must be text, bytes, or a secret of them; got ${showValue(bytes)}`);
  if (bytes.length < least) throw new TypeError(`${name} must have ${least} bytes or more; got ${bytes.length} bytes`);
  return bytes;
}
