import { isSecret } from "@seaworthy/core";
import { fromBase32, toBase32 } from "@seaworthy/core/otp";
import type { Credential, SlotKind } from "../credential.ts";
import { kindOf } from "./check.ts";
import { ownBytes, randomSecret, secretBytes, utf8, wipe } from "./crypto/bytes.ts";

/** What one kind of slot is tried with. */
export interface Material {
  readonly kind: SlotKind;
  readonly bytes: Buffer;
}

/** Names of a credential's members. */
export const CREDENTIAL_OPTIONS: readonly string[] = ["password", "key", "recovery"];

const PASSWORD_UNITS = 1024;
const KEY_BYTES = 32;
const RECOVERY_BYTES = 20;

/**
 * The bytes to derive slot keys from, in the order to try them. A recovery code given as the password works too.
 *
 * @param use - with `"open"`, a recovery code with a slip in it opens nothing, as any other wrong code does
 * @throws TypeError if not exactly one member is given, or it is malformed; the message holds no part of it
 */
export function readCredential(credential: Credential, use: "open" | "make", what = "options"): Material[] {
  const given = CREDENTIAL_OPTIONS.filter((name) => credential[name as keyof Credential] !== undefined);
  if (given.length !== 1)
    throw new TypeError(`${what} must have exactly one of password, key and recovery; got ${given.length}`);
  if (credential.key !== undefined) return [{ kind: "key", bytes: readKey(revealed(credential.key)) }];
  if (credential.recovery !== undefined) {
    const code = revealed(credential.recovery);
    const bytes = readRecovery(code) ?? (use === "open" && typeof code === "string" ? noCode() : undefined);
    if (bytes === undefined) throw new TypeError("recovery must be a code of 32 letters and digits");
    return [{ kind: "recovery", bytes }];
  }
  const password = revealed(credential.password);
  const recovery = readRecovery(password);
  const materials: Material[] = recovery === undefined ? [] : [{ kind: "recovery", bytes: recovery }];
  return [...materials, { kind: "password", bytes: readPassword(password) }];
}

/** The one that a new slot is made for: a recovery code in a password's place comes before it. */
export function chosenOf(materials: readonly Material[]): Material {
  const chosen = materials.at(-1);
  if (chosen === undefined) throw new TypeError("a credential is missing");
  return chosen;
}

/** Zeroes what {@link readCredential} made. */
export function wipeMaterials(materials: readonly Material[]): void {
  for (const { bytes } of materials) wipe(bytes);
}

/** A fresh recovery code: 160 random bits as eight groups of four. */
export function newRecoveryCode(): string {
  const bytes = randomSecret(RECOVERY_BYTES);
  const text = (toBase32(bytes).match(/.{4}/g) as string[]).join("-");
  wipe(bytes);
  return text;
}

function noCode(): Buffer {
  return randomSecret(RECOVERY_BYTES);
}

function revealed(value: unknown): unknown {
  return isSecret(value) ? value.reveal() : value;
}

function readPassword(password: unknown): Buffer {
  if (typeof password !== "string" || password.length === 0)
    throw new TypeError(`password must be a string that is not empty; got ${kindOf(password)}`);
  // Before anything else: normalization is quadratic in the worst case.
  if (password.length > PASSWORD_UNITS)
    throw new TypeError(`password must be at most ${PASSWORD_UNITS} characters; got ${kindOf(password)}`);
  // UTF-8 writes every lone surrogate as the same three bytes.
  if (!password.isWellFormed()) throw new TypeError("password must be well-formed; got a lone surrogate");
  return utf8(password.normalize("NFKC"));
}

function readKey(key: unknown): Buffer {
  if (key instanceof Uint8Array && key.length === KEY_BYTES) return ownBytes(key);
  const text = typeof key === "string" ? key.trim() : "";
  if (/^[0-9a-f]{64}$/i.test(text)) return decoded(text, "hex");
  if (/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return decoded(text, "base64");
  throw new TypeError(`key must be ${KEY_BYTES} bytes, or their text in hexadecimal or base64; got ${kindOf(key)}`);
}

function decoded(text: string, encoding: "hex" | "base64"): Buffer {
  const bytes = secretBytes(KEY_BYTES);
  bytes.write(text, encoding);
  return bytes;
}

function readRecovery(code: unknown): Buffer | undefined {
  if (typeof code !== "string" || code.length > 64) return undefined;
  // As people copy them from paper: the digits that base 32 lacks stand for the letters they look like.
  const bytes = fromBase32(code.replaceAll("0", "O").replaceAll("1", "I").replaceAll("8", "B"));
  return bytes?.length === RECOVERY_BYTES ? bytes : undefined;
}
