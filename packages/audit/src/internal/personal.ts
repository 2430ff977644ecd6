import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import type { AuditEntry } from "@seaworthy/core";
import { isObject } from "@seaworthy/core/objects";
import type { StoredAuditEntry } from "../audit.ts";
import type { AuditKeys } from "../keys/keys.ts";
import type { PreparedEntry, SealedPart } from "./entry-format.ts";

/** What is encrypted, for whom, and with whose keys. */
export interface PersonalPlan {
  readonly keys: AuditKeys;
  readonly members: readonly string[];
  readonly ownerOf: (entry: AuditEntry) => string | undefined;
}

const CIPHER = "aes-256-gcm";
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Moves the personal members of an entry into a box that only the key of their owner opens. */
export async function sealPersonal(entry: PreparedEntry, plan: PersonalPlan): Promise<PreparedEntry> {
  const owner = plan.ownerOf(entry);
  if (owner === undefined) return entry;
  if (typeof owner !== "string" || owner === "") throw new TypeError("personal.ownerOf must return a string");
  const { inside, outside } = split(entry, plan.members);
  if (Object.keys(inside).length === 0) return entry;
  const key = await plan.keys.getOrCreate(owner);
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, key, iv).setAAD(context(owner, entry.type, entry.at));
  const sealed = [iv, cipher.update(JSON.stringify(inside)), cipher.final(), cipher.getAuthTag()];
  return { ...outside, personal: { owner, box: Buffer.concat(sealed).toString("base64url") } };
}

/** The personal members of a stored entry, or the mark that they were destroyed. */
export async function openPersonal(entry: StoredAuditEntry, keys: AuditKeys | undefined): Promise<StoredAuditEntry> {
  const { personal, ...rest } = entry as StoredAuditEntry & { personal?: unknown };
  if (!isSealed(personal)) return rest;
  if (keys === undefined) return { ...rest, encrypted: true };
  const key = await keys.get(personal.owner);
  if (key === undefined) return { ...rest, erased: true };
  const inside = decrypt(personal, key, context(personal.owner, entry.type, entry.at));
  if (inside === undefined) return { ...rest, erased: true };
  const { data, ...members } = inside;
  const open = { ...rest, ...members };
  return isObject(data) ? { ...open, data: { ...rest.data, ...data } } : open;
}

function split(
  entry: PreparedEntry,
  members: readonly string[],
): { inside: Record<string, unknown>; outside: PreparedEntry } {
  const inside: Record<string, unknown> = {};
  const outside: Record<string, unknown> = { ...entry };
  // Without a prototype, because a member may be named __proto__.
  const hidden: Record<string, unknown> = Object.create(null);
  const data: Record<string, unknown> = { ...entry.data };
  for (const member of members) {
    const name = member.startsWith("data.") ? member.slice("data.".length) : undefined;
    if (name === undefined) {
      if (outside[member] !== undefined) inside[member] = outside[member];
      delete outside[member];
    } else if (Object.hasOwn(data, name)) {
      hidden[name] = data[name];
      delete data[name];
    }
  }
  if (Object.keys(hidden).length > 0) inside.data = hidden;
  if (entry.data !== undefined) outside.data = data;
  return { inside, outside: outside as unknown as PreparedEntry };
}

function isSealed(value: unknown): value is SealedPart {
  return isObject(value) && typeof value.owner === "string" && typeof value.box === "string";
}

function decrypt(part: SealedPart, key: Uint8Array, aad: Buffer): Record<string, unknown> | undefined {
  const bytes = Buffer.from(part.box, "base64url");
  try {
    const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES }).setAAD(
      aad,
    );
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    const plain = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]);
    const value: unknown = JSON.parse(plain.toString());
    return isObject(value) ? { ...value } : undefined;
  } catch {
    // Another key now, after an erasure; that the bytes are what was written is the chain's business.
    return undefined;
  }
}

/** Ties a box to its entry, so that it does not open in another one. */
function context(owner: string, type: string, at: number): Buffer {
  return Buffer.from(JSON.stringify(["seaworthy.audit.v1", owner, type, new Date(at).toISOString()]));
}
