import { toBytes } from "@seaworthy/core";
import { checkOptions, integer } from "@seaworthy/core/options";
import argon2 from "argon2";
import type { KdfOptions } from "../../credential.ts";
import { ownBytes, wipe } from "./bytes.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** Checked cost, memory in KiB. */
export interface KdfCost {
  readonly memory: number;
  readonly passes: number;
  readonly lanes: number;
}

const MEMORY = { least: 19 * KIB, most: KIB * KIB };
const PASSES = { least: 1, most: 10 };
const LANES = { least: 1, most: 16 };
/** Bytes of a salt. */
export const SALT_BYTES = 16;

/** Applies bounds and defaults to a host's options. */
export function checkKdf(options: KdfOptions = {}): KdfCost {
  checkOptions("kdf", options, ["memory", "passes", "lanes"]);
  const bytes = toBytes(options.memory ?? 64 * MIB, "kdf.memory");
  const memory = Math.floor(bytes / KIB);
  if (memory < MEMORY.least || memory > MEMORY.most)
    throw new TypeError(`kdf.memory must be from 19 MiB to 1 GiB; got ${bytes} bytes`);
  return {
    memory,
    passes: integer("kdf.passes", options.passes ?? 3, PASSES.least, PASSES.most),
    lanes: integer("kdf.lanes", options.lanes ?? 4, LANES.least, LANES.most),
  };
}

/** The larger of two costs, part by part: a new password never gets less than the old one had. */
export function noCheaper(a: KdfCost, b: KdfCost): KdfCost {
  return {
    memory: Math.max(a.memory, b.memory),
    passes: Math.max(a.passes, b.passes),
    lanes: Math.max(a.lanes, b.lanes),
  };
}

/** Cost and salt in PHC form, without the hash. */
export function formatPhc(cost: KdfCost, salt: Uint8Array): string {
  const text = Buffer.from(salt).toString("base64").replace(/=+$/, "");
  return `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=${cost.lanes}$${text}`;
}

const PHC = /^\$argon2id\$v=19\$m=([1-9]\d{0,6}),t=([1-9]\d?),p=([1-9]\d?)\$([A-Za-z0-9+/]{22})$/;

/** Reads what {@link formatPhc} wrote; `undefined` for another algorithm or version, or a number out of bounds. */
export function parsePhc(text: string): { cost: KdfCost; salt: Buffer } | undefined {
  const match = PHC.exec(text);
  if (match === null) return undefined;
  const cost = { memory: Number(match[1]), passes: Number(match[2]), lanes: Number(match[3]) };
  const salt = Buffer.from(match[4] ?? "", "base64");
  const inside = (value: number, bounds: { least: number; most: number }): boolean =>
    value >= bounds.least && value <= bounds.most;
  const sound = inside(cost.memory, MEMORY) && inside(cost.passes, PASSES) && inside(cost.lanes, LANES);
  // Exactly one text for each meaning: the text is authenticated, its meaning is what counts.
  return sound && formatPhc(cost, salt) === text ? { cost, salt } : undefined;
}

/**
 * Argon2id's 32 bytes. The only place that calls the engine. `password` must have an `ArrayBuffer` of its own, as
 * `utf8()` makes it: the engine's `Buffer.from` copies a buffer, but only looks at an `ArrayBuffer`.
 */
export async function argon2id(password: Buffer, salt: Buffer, cost: KdfCost): Promise<Buffer> {
  const unshared = password.buffer.byteLength === password.byteLength;
  const pooled = await argon2.hash(unshared ? (password.buffer as unknown as Buffer) : password, {
    raw: true,
    type: argon2.argon2id,
    version: 0x13,
    memoryCost: cost.memory,
    timeCost: cost.passes,
    parallelism: cost.lanes,
    hashLength: 32,
    salt,
  });
  const own = ownBytes(pooled);
  wipe(pooled);
  return own;
}
