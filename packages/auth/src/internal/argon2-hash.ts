import { toBytes } from "@seaworthy/core";
import { integer, withDefault } from "@seaworthy/core/options";
import argon2 from "argon2";
import type { PasswordCost } from "../passwords/passwords.ts";
import type { Peppers } from "./peppers.ts";
import { base64Bytes, decimal, derivedHash, MOST_MEMORY, MOST_WORK, phcMembers, type Reading } from "./read-hash.ts";

/** Cost in the units of the algorithm: memory in KiB. */
export interface Argon2Cost {
  readonly memory: number;
  readonly passes: number;
  readonly lanes: number;
}

const KIB = 1024;
/** The smallest memory of OWASP's recommendations for Argon2id (7 MiB with 5 passes), in KiB. */
const LEAST_MEMORY = 7 * KIB;
const MOST_PASSES = 16;
const MOST_LANES = 16;
const HASH_BYTES = 32;
export const SALT_BYTES = 16;
const TYPES = { argon2d: 0, argon2i: 1, argon2id: 2 } as const;
const NO_PEPPER = Buffer.alloc(0);
const PHC = /^\$(argon2id|argon2i|argon2d)(?:\$v=(16|19))?\$([a-z]+=[^$]{1,100})\$([^$]{11,100})\$([^$]{16,200})$/;

/** @throws TypeError that names the option */
export function argon2Cost(options: PasswordCost): Argon2Cost {
  const bytes = toBytes(withDefault(options.memory, "19mib"), "memory");
  const memory = Math.floor(bytes / KIB);
  if (memory < LEAST_MEMORY || memory > MOST_MEMORY)
    throw new TypeError(`memory must be from 7 MiB to 256 MiB; got ${bytes} bytes`);
  const passes = integer("passes", withDefault(options.passes, 2), 1, MOST_PASSES);
  const lanes = integer("lanes", withDefault(options.lanes, 1), 1, MOST_LANES);
  if (memory * passes > MOST_WORK)
    throw new TypeError(`memory times passes must be 1 GiB at most; got ${passes} passes`);
  return { memory, passes, lanes };
}

interface Argon2Input extends Argon2Cost {
  readonly type: keyof typeof TYPES;
  readonly version: number;
  readonly salt: Buffer;
  readonly length: number;
  readonly pepper: Buffer | undefined;
}

function derive(input: Argon2Input, text: string): Promise<Buffer> {
  const { type, version, salt, length, pepper, memory, passes, lanes } = input;
  return argon2.hash(text, {
    raw: true,
    type: TYPES[type],
    version,
    salt,
    hashLength: length,
    memoryCost: memory,
    timeCost: passes,
    parallelism: lanes,
    secret: pepper ?? NO_PEPPER,
  });
}

/** A new hash in PHC form: `$argon2id$v=19$m=…,t=…,p=…[,keyid=…]$salt$hash`. */
export async function makeArgon2(text: string, salt: Buffer, cost: Argon2Cost, peppers: Peppers): Promise<string> {
  const { current } = peppers;
  const pepper = current === undefined ? undefined : peppers.byId.get(current);
  const hash = await derive({ ...cost, type: "argon2id", version: 19, salt, length: HASH_BYTES, pepper }, text);
  const keyId = current === undefined ? "" : `,keyid=${unpadded(Buffer.from(current))}`;
  const members = `m=${cost.memory},t=${cost.passes},p=${cost.lanes}${keyId}`;
  return `$argon2id$v=19$${members}$${unpadded(salt)}$${unpadded(hash)}`;
}

/** Reads a hash of any variant of Argon2 in PHC form, such as node-argon2, libsodium and PHP write. */
export function readArgon2(stored: string, policy: Argon2Cost, peppers: Peppers): Reading {
  if (!stored.startsWith("$argon2")) return undefined;
  const [, type, version = "16", parameters = "", saltText = "", hashText = ""] = PHC.exec(stored) ?? [];
  const members = phcMembers(parameters, ["m", "t", "p"], ["keyid"]);
  const salt = base64Bytes(saltText, 8, 64);
  const expected = base64Bytes(hashText, 16, 128);
  if (type === undefined || members === undefined || salt === undefined || expected === undefined) return "malformed";
  const cost = {
    memory: decimal(members.get("m")),
    passes: decimal(members.get("t")),
    lanes: decimal(members.get("p")),
  };
  if (!(cost.passes >= 1 && cost.lanes >= 1 && cost.memory >= 8 * cost.lanes)) return "malformed";
  if (cost.memory > MOST_MEMORY || cost.memory * cost.passes > MOST_WORK || cost.lanes > MOST_LANES) return "excessive";
  const keyId = members.get("keyid");
  const id = keyId === undefined ? undefined : Buffer.from(keyId, "base64").toString();
  const pepper = id === undefined ? undefined : peppers.byId.get(id);
  if (id !== undefined && pepper === undefined) return "unsupported";
  const variant = type as keyof typeof TYPES;
  const current = variant === "argon2id" && version === "19" && salt.length >= SALT_BYTES;
  const outdated = !current || expected.length < HASH_BYTES || id !== peppers.current || isWeaker(cost, policy);
  const input = { ...cost, type: variant, version: Number(version), salt, length: expected.length, pepper };
  return derivedHash(outdated, expected, (text) => derive(input, text));
}

/**
 * Whether a cost is below the policy. The work of Argon2 is memory times passes. More work with less memory would be easier for
 * machines that are built to guess, so a hash is not replaced by one of less memory, unless its memory is below all
 * recommendations.
 */
function isWeaker(cost: Argon2Cost, policy: Argon2Cost): boolean {
  if (cost.memory < LEAST_MEMORY) return true;
  return policy.memory >= cost.memory && policy.memory * policy.passes > cost.memory * cost.passes;
}

function unpadded(bytes: Buffer): string {
  return bytes.toString("base64").replace(/=+$/, "");
}
