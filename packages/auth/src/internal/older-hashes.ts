import { pbkdf2, scrypt } from "node:crypto";
import { promisify } from "node:util";
import type { BcryptEngine } from "../passwords/passwords.ts";
import { base64Bytes, decimal, derivedHash, MOST_MEMORY, phcMembers, type Reading } from "./read-hash.ts";

const LONGEST_SALT = 64;
const MOST_ITERATIONS = 5_000_000;
/** Work of scrypt over all lanes, N times r times p: eight times what OWASP recommends. */
const MOST_SCRYPT_WORK = 2 ** 23;
const MOST_BCRYPT_COST = 15;
const BCRYPT_BYTES = 72;
const BCRYPT = /^\$2[aby]?\$(\d\d)\$[./A-Za-z0-9]{53}$/;
/** The form of better-auth: salt and key in hex. */
const HEX_PAIR = /^([0-9a-f]{32}):([0-9a-f]{128})$/;
const PBKDF2 = /^\$pbkdf2-(sha1|sha256|sha512)\$([^$]{1,40})\$([^$]{1,100})\$([^$]{1,200})$/;
const PASSLIB_SHA1 = /^\$pbkdf2\$/;
const DJANGO = /^pbkdf2_(sha1|sha256|sha512)\$(\d{1,10})\$([^$]{1,64})\$([^$]{1,200})$/;
const SCRYPT = /^\$scrypt\$([^$]{1,60})\$([^$]{1,100})\$([^$]{1,200})$/;

const pbkdf2Async = promisify(pbkdf2);

/** Reads a scrypt hash: PHC form (passlib), or the hex pair of better-auth. */
export function readScrypt(stored: string): Reading {
  const pair = HEX_PAIR.exec(stored);
  if (pair !== null) {
    // The salt is the text of the digits, not the bytes that they stand for.
    const salt = Buffer.from(pair[1] ?? "");
    return scryptHash({ cost: 16384, blocks: 16, lanes: 1, salt, expected: Buffer.from(pair[2] ?? "", "hex") });
  }
  if (!stored.startsWith("$scrypt$")) return undefined;
  const [, parameters = "", saltText = "", hashText = ""] = SCRYPT.exec(stored) ?? [];
  const members = phcMembers(parameters, ["ln", "r", "p"]);
  const salt = base64Bytes(saltText, 1, LONGEST_SALT);
  const expected = base64Bytes(hashText, 16, 128);
  if (members === undefined || salt === undefined || expected === undefined) return "malformed";
  const [log, blocks, lanes] = [decimal(members.get("ln")), decimal(members.get("r")), decimal(members.get("p"))];
  if (!(log >= 1 && blocks >= 1 && lanes >= 1)) return "malformed";
  return scryptHash({ cost: 2 ** log, blocks, lanes, salt, expected });
}

interface ScryptInput {
  readonly cost: number;
  readonly blocks: number;
  readonly lanes: number;
  readonly salt: Buffer;
  readonly expected: Buffer;
}

function scryptHash({ cost, blocks, lanes, salt, expected }: ScryptInput): Reading {
  const memory = 128 * blocks * (cost + lanes);
  if (memory > MOST_MEMORY * 1024 || cost * blocks * lanes > MOST_SCRYPT_WORK) return "excessive";
  const options = { N: cost, r: blocks, p: lanes, maxmem: memory + 1024 * 1024 };
  const derive = (text: string): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      const done = (error: Error | null, key: Buffer): void => (error === null ? resolve(key) : reject(error));
      scrypt(text, salt, expected.length, options, done);
    });
  return derivedHash(true, expected, derive);
}

/** Reads a PBKDF2 hash: PHC form, passlib's (`.` for `+`, iterations alone) or Django's (the salt is text). */
export function readPbkdf2(stored: string): Reading {
  const django = DJANGO.exec(stored);
  if (django !== null) {
    const [, digest = "", iterations, salt = "", hash = ""] = django;
    return pbkdf2Hash(digest, decimal(iterations), Buffer.from(salt), base64Bytes(hash, 16, 64));
  }
  if (!stored.startsWith("$pbkdf2") && !stored.startsWith("pbkdf2_")) return undefined;
  const [, digest = "", cost = "", saltText = "", hashText = ""] =
    PBKDF2.exec(stored.replace(PASSLIB_SHA1, "$pbkdf2-sha1$")) ?? [];
  const iterations = /^\d+$/.test(cost) ? cost : phcMembers(cost, ["i"], ["l"])?.get("i");
  const salt = base64Bytes(saltText.replaceAll(".", "+"), 1, LONGEST_SALT);
  return pbkdf2Hash(digest, decimal(iterations), salt, base64Bytes(hashText.replaceAll(".", "+"), 16, 64));
}

function pbkdf2Hash(
  digest: string,
  iterations: number,
  salt: Buffer | undefined,
  expected: Buffer | undefined,
): Reading {
  if (!(iterations >= 1) || salt === undefined || expected === undefined) return "malformed";
  if (iterations > MOST_ITERATIONS) return "excessive";
  return derivedHash(true, expected, (text) => pbkdf2Async(text, salt, iterations, expected.length, digest));
}

/**
 * Reads a bcrypt hash. It is of the first 72 bytes of a password, and of those before a NUL in some implementations, so that
 * passwords with more than that do not match.
 */
export function readBcrypt(stored: string, engine: BcryptEngine | undefined): Reading {
  if (!stored.startsWith("$2")) return undefined;
  const cost = decimal(BCRYPT.exec(stored)?.[1]?.replace(/^0/, ""));
  if (!(cost >= 4)) return "malformed";
  if (cost > MOST_BCRYPT_COST) return "excessive";
  if (engine === undefined) return "unsupported";
  // PHP writes 2y, which means the same as 2b; the engines know one or the other.
  const known = stored.replace(/^\$2y?\$/, "$2b$");
  return {
    outdated: true,
    accepts: (text) => Buffer.byteLength(text) <= BCRYPT_BYTES && !text.includes("\0"),
    matches: async (text) => (await engine.compare(text, known)) === true,
  };
}
