import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { boundedString, checkOptions } from "@seaworthy/core/options";
import { keyIdOf, publicBytesOf, verifierKeyOf } from "./internal/note-keys.ts";

/** Signs checkpoints. */
export interface AuditSigner {
  /** The name in the signature line of a note, such as `"shop.example/audit"`. */
  readonly name: string;
  /** The public key in the form of C2SP signed notes (a vkey), for `verify()` elsewhere. */
  readonly verifier: string;
  /** Four bytes that name the key in a note. */
  readonly keyId: Uint8Array;
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

/** Options of {@link ed25519Signer}. */
export interface Ed25519SignerOptions {
  /** 1 to 200 characters without blanks and without `+`. */
  name: string;
  /** An Ed25519 private key: PKCS #8 in PEM, or a `KeyObject`. */
  key: string | KeyObject;
}

/**
 * A signer with an Ed25519 key of this process. An attacker who takes over the service can sign with it
 * as well. A signer over a key service is better, and has the same shape.
 *
 * @throws TypeError if the name or the key is malformed
 */
export function ed25519Signer(options: Ed25519SignerOptions): AuditSigner {
  checkOptions("ed25519Signer", options, ["name", "key"]);
  const name = boundedString("name", options.name, 1, 200);
  if (/[\s+]/.test(name)) throw new TypeError("name must not have blanks or +");
  const key = privateKeyOf(options.key);
  const publicKey = publicBytesOf(createPublicKey(key));
  return {
    name,
    verifier: verifierKeyOf(name, publicKey),
    keyId: keyIdOf(name, publicKey),
    sign: (bytes) => Promise.resolve(sign(null, bytes, key)),
  };
}

/** A new Ed25519 private key as PKCS #8 in PEM, for {@link ed25519Signer}. */
export function generateSignerKey(): string {
  return generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

function privateKeyOf(key: string | KeyObject): KeyObject {
  try {
    const found = typeof key === "string" ? createPrivateKey(key) : key;
    if (found.type === "private" && found.asymmetricKeyType === "ed25519") return found;
  } catch {
    // The message of OpenSSL would not help, and the value is a secret.
  }
  throw new TypeError("key must be an Ed25519 private key in PEM or a KeyObject");
}
