import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { integer } from "@seaworthy/core/options";

/** Codes for an account whose second factor is lost, each for one use. */
export interface RecoveryCodes {
  /** For the owner, who sees them once: four groups of four letters and digits, 80 bits. */
  readonly codes: readonly string[];
  /** For the store, in the order of the codes. */
  readonly hashes: readonly string[];
}

/** Base 32 of Crockford: no letter that is mistaken for a digit. */
const DIGITS = "0123456789abcdefghjkmnpqrstvwxyz";
const LENGTH = 16;
const GROUP = 4;
const LONGEST_INPUT = 64;

/**
 * New recovery codes. Their hashes are SHA-256: a code has 80 random bits.
 *
 * @param count - 1 to 100
 * @throws TypeError if the count is out of bounds
 * @example
 * ```ts
 * import { findRecoveryCode, generateRecoveryCodes } from "@seaworthy/auth";
 * const { codes, hashes } = generateRecoveryCodes();
 * const used = findRecoveryCode(hashes, codes[3]?.toUpperCase() ?? "");
 * console.log(hashes.indexOf(used ?? "")); // 3
 * ```
 */
export function generateRecoveryCodes(count = 10): RecoveryCodes {
  integer("count", count, 1, 100);
  const codes = Array.from({ length: count }, newCode);
  return { codes, hashes: codes.map((code) => hashOf(code)) };
}

/**
 * The hash of the code among those that are left, or `undefined`. Case, blanks and hyphens are ignored, and `o`, `i` and `l` are read as
 * digits. All hashes are compared, in constant time. The caller removes the hash from the store, in one step.
 */
export function findRecoveryCode(hashes: readonly string[], code: string): string | undefined {
  const given = Buffer.from(hashOf(typeof code === "string" ? code.slice(0, LONGEST_INPUT) : ""));
  let found: string | undefined;
  for (const hash of hashes) {
    const stored = Buffer.from(hash);
    if (stored.length === given.length && timingSafeEqual(stored, given)) found = hash;
  }
  return found;
}

function newCode(): string {
  // 32 digits divide 256, so that each has the same probability.
  const digits = [...randomBytes(LENGTH)].map((byte) => DIGITS.charAt(byte % DIGITS.length)).join("");
  return digits.replace(new RegExp(`.{${GROUP}}(?=.)`, "g"), "$&-");
}

function hashOf(code: string): string {
  const digits = code.toLowerCase().replace(/[\s-]/g, "").replaceAll("o", "0").replace(/[il]/g, "1");
  return createHash("sha256").update(digits).digest("base64url");
}
