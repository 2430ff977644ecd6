import { timingSafeEqual } from "node:crypto";
import type { HashFault } from "../passwords/passwords.ts";

/** A stored hash that can be compared. */
export interface ReadHash {
  /** Whether a new hash of the same password should replace it. */
  readonly outdated: boolean;
  /** Whether the algorithm looks at the whole of this text. */
  accepts(text: string): boolean;
  /** Whether the hash is of this text, which is accepted. */
  matches(text: string): Promise<boolean>;
}

/** A hash, or why it cannot be compared; `undefined` if it has another form. */
export type Reading = ReadHash | HashFault | undefined;

/** Memory of one hash in KiB, and memory times passes. */
export const MOST_MEMORY: number = 256 * 1024;
export const MOST_WORK: number = 1024 * 1024;

/** A hash whose bytes are derived from the text and compared in constant time. */
export function derivedHash(outdated: boolean, expected: Buffer, derive: (text: string) => Promise<Buffer>): ReadHash {
  return { outdated, accepts: () => true, matches: async (text) => timingSafeEqual(await derive(text), expected) };
}

/** Bytes of Base64 (RFC 4648, section 4) with or without padding; `undefined` for other text, or a length out of bounds. */
export function base64Bytes(text: string, least: number, most: number): Buffer | undefined {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined;
  const bytes = Buffer.from(text, "base64");
  return bytes.length >= least && bytes.length <= most ? bytes : undefined;
}

/** An integer in decimal digits without leading zeros; `NaN` for other text. */
export function decimal(text: string | undefined): number {
  return text !== undefined && /^(0|[1-9]\d{0,9})$/.test(text) ? Number(text) : Number.NaN;
}

/** Members of a PHC parameter string such as `m=19456,t=2,p=1`; `undefined` if one is unknown, missing or there twice. */
export function phcMembers(
  text: string,
  required: readonly string[],
  optional: readonly string[] = [],
): ReadonlyMap<string, string> | undefined {
  const members = new Map<string, string>();
  for (const part of text.split(",")) {
    const equals = part.indexOf("=");
    const name = part.slice(0, Math.max(0, equals));
    if (members.has(name) || !(required.includes(name) || optional.includes(name))) return undefined;
    members.set(name, part.slice(equals + 1));
  }
  return required.every((name) => members.has(name)) ? members : undefined;
}
