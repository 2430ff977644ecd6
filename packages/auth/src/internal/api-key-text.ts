import { randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BASE62 = /^[0-9A-Za-z]+$/;
/** 95 bits that name a key, and 190 bits that cannot be guessed. */
const ID = 16;
const SECRET = 32;
/** Digits of a CRC-32, as in the tokens of GitHub. It finds typing errors and saves reads; it protects nothing. */
const CHECKSUM = 6;

/** The parts of a key. */
export interface ApiKeyParts {
  readonly id: string;
  readonly secret: string;
}

export function newApiKeyParts(): ApiKeyParts {
  return { id: randomDigits(ID), secret: randomDigits(SECRET) };
}

/** The text of a key: prefix, id, secret and checksum. */
export function formatApiKey(prefix: string, { id, secret }: ApiKeyParts): string {
  const text = `${prefix}_${id}${secret}`;
  return text + checksumOf(text);
}

/** The parts of a key, or `undefined` if the text cannot be one. */
export function parseApiKey(prefix: string, text: unknown): ApiKeyParts | undefined {
  const start = prefix.length + 1;
  if (typeof text !== "string" || text.length !== start + ID + SECRET + CHECKSUM) return undefined;
  if (!text.startsWith(`${prefix}_`) || !BASE62.test(text.slice(start))) return undefined;
  if (checksumOf(text.slice(0, -CHECKSUM)) !== text.slice(-CHECKSUM)) return undefined;
  return { id: text.slice(start, start + ID), secret: text.slice(start + ID, start + ID + SECRET) };
}

export function isApiKeyId(id: unknown): id is string {
  return typeof id === "string" && id.length === ID && BASE62.test(id);
}

function checksumOf(text: string): string {
  let rest = crc32(text);
  let digits = "";
  for (let at = 0; at < CHECKSUM; at++) {
    digits = DIGITS.charAt(rest % 62) + digits;
    rest = Math.floor(rest / 62);
  }
  return digits;
}

/** Each digit with the same probability: bytes of 248 and more would favor some. */
function randomDigits(count: number): string {
  let digits = "";
  while (digits.length < count)
    for (const byte of randomBytes(count)) if (byte < 248 && digits.length < count) digits += DIGITS.charAt(byte % 62);
  return digits;
}
