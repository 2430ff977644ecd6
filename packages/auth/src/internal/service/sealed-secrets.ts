import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from "node:crypto";
import { showValue } from "@seaworthy/core/options";

const VERSION = "v1";
const FEWEST_BYTES = 32;

/** Encrypts what the store keeps and must be able to read: AES-256-GCM, bound to the account. */
export class SealedSecrets {
  readonly #keys: readonly { readonly id: string; readonly key: Buffer }[];

  constructor(keys: readonly Uint8Array[]) {
    this.#keys = keys.map((given) => {
      const key = Buffer.from(hkdfSync("sha256", given, "", "seaworthy auth secrets", 32));
      return { id: createHash("sha256").update(key).digest("hex").slice(0, 8), key };
    });
  }

  seal(secret: Uint8Array, owner: string): string {
    const [current] = this.#keys;
    if (current === undefined) throw new TypeError("there is no key");
    const nonce = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", current.key, nonce).setAAD(Buffer.from(owner));
    const sealed = Buffer.concat([nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
    return `${VERSION}.${current.id}.${sealed.toString("base64url")}`;
  }

  /** The secret, or `undefined` if it was sealed for another account or with a key that is not there. */
  open(sealed: string, owner: string): Uint8Array | undefined {
    const [version, id, body = ""] = sealed.split(".");
    const known = this.#keys.find((one) => one.id === id);
    const bytes = Buffer.from(body, "base64url");
    if (version !== VERSION || known === undefined || bytes.length < 28) return undefined;
    try {
      const decipher = createDecipheriv("aes-256-gcm", known.key, bytes.subarray(0, 12)).setAAD(Buffer.from(owner));
      decipher.setAuthTag(bytes.subarray(-16));
      return new Uint8Array(Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]));
    } catch {
      return undefined;
    }
  }
}

/**
 * @throws TypeError if a key is shorter than 32 bytes
 */
export function sealedSecrets(option: string | Uint8Array | readonly (string | Uint8Array)[]): SealedSecrets {
  const given: readonly unknown[] = Array.isArray(option) ? option : [option];
  if (given.length === 0) throw new TypeError("totp.key must have at least one key; got []");
  return new SealedSecrets(given.map(keyOf));
}

function keyOf(key: unknown): Uint8Array {
  if (typeof key !== "string" && !(key instanceof Uint8Array))
    throw new TypeError(`totp.key must be a string or bytes; got ${showValue(key)}`);
  const bytes = typeof key === "string" ? Buffer.from(key) : key;
  // The value is a secret, so the error does not show it.
  if (bytes.length < FEWEST_BYTES)
    throw new TypeError(`totp.key must have at least ${FEWEST_BYTES} bytes; got ${bytes.length}`);
  return bytes;
}
