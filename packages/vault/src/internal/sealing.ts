import { isUtf8 } from "node:buffer";
import { randomBytes } from "node:crypto";
import { type Secret, secret } from "@seaworthy/core";
import { errors } from "../errors.ts";
import type { Version } from "./content.ts";
import { lengthPrefixed, randomSecret, wipe } from "./crypto/bytes.ts";
import { openGcm, sealGcm } from "./crypto/gcm.ts";
import type { RootKeys } from "./crypto/root-keys.ts";
import { unwrap, unwrapMessageKey, wrap } from "./crypto/xaes.ts";
import type { NewFacts } from "./entry-facts.ts";
import {
  type EntryFacts,
  encodeRecord,
  entryContext,
  type Frame,
  NONCE_BYTES,
  type PutRecord,
} from "./format/record.ts";
import type { State } from "./state.ts";

/** What is known of the version that {@link putFrames} makes. */
interface NewVersion extends NewFacts {
  readonly name: string;
  readonly created: number;
  /** Versions kept of the entry. */
  readonly keep: number;
}

/** The versions of an entry. @throws VAULT_NOT_FOUND */
export function versionsOf(state: State, name: string): readonly Version[] {
  const versions = state.content.entries.get(name);
  if (versions === undefined) throw errors.VAULT_NOT_FOUND({ name });
  return versions;
}

/** One version, by default the current one. @throws VAULT_NOT_FOUND */
export function findVersion(state: State, name: string, version?: number): PutRecord {
  const versions = versionsOf(state, name);
  const found = version === undefined ? versions.at(-1) : versions.find(({ record }) => record.version === version);
  if (found === undefined) throw errors.VAULT_NOT_FOUND({ name, version });
  return found.record;
}

/** Encrypts a value under a data key of its own. */
export function sealEntry(vaultId: Uint8Array, facts: EntryFacts, value: Uint8Array, keys: RootKeys): Frame {
  const context = entryContext(vaultId, facts);
  const dataKey = randomSecret(32);
  const nonce = randomBytes(NONCE_BYTES);
  const box = sealGcm(dataKey, nonce, value, lengthPrefixed("value", context));
  const wrappedKey = wrap(keys.data, dataKey, lengthPrefixed("data key", context));
  wipe(dataKey);
  return encodeRecord({ ...facts, type: "put", wrappedKey, nonce, box });
}

/** The value's bytes, to be wiped. @throws VAULT_TAMPERED */
export function openEntry(vaultId: Uint8Array, record: PutRecord, keys: RootKeys): Buffer {
  const context = entryContext(vaultId, record);
  const dataKey = unwrapMessageKey(keys.data, record.wrappedKey, lengthPrefixed("data key", context));
  const value = dataKey && openGcm(dataKey, record.nonce, record.box, lengthPrefixed("value", context));
  if (value === undefined) throw errors.VAULT_TAMPERED({ name: record.name, version: record.version });
  return value;
}

/** The value as a secret string; its bytes are wiped. @throws VAULT_NOT_TEXT if they are not UTF-8 */
export function revealEntry(state: State, record: PutRecord, keys: RootKeys): Secret<string> {
  const bytes = openEntry(state.vaultId, record, keys);
  try {
    if (!isUtf8(bytes)) throw errors.VAULT_NOT_TEXT({ name: record.name, version: record.version });
    return secret(bytes.toString("utf8"));
  } finally {
    wipe(bytes);
  }
}

/** The same version with its data key wrapped under another root; the value's ciphertext is untouched. */
export function rewrapEntry(vaultId: Uint8Array, record: PutRecord, from: RootKeys, to: RootKeys): Frame {
  const data = lengthPrefixed("data key", entryContext(vaultId, record));
  const dataKey = unwrap(from.data, record.wrappedKey, data);
  if (dataKey === undefined) throw errors.VAULT_TAMPERED({ name: record.name, version: record.version });
  const wrappedKey = wrap(to.data, dataKey, data);
  wipe(dataKey);
  return encodeRecord({ ...record, wrappedKey });
}

/** The records that make `value` the current version of an entry and keep the last `keep` of them. */
export function putFrames(state: State, facts: NewVersion, value: Uint8Array, keys: RootKeys): Frame[] {
  const { name } = facts;
  const versions = state.content.entries.get(name) ?? [];
  const last = versions.at(-1)?.record;
  const current = last?.version ?? 0;
  if (facts.ifVersion !== undefined && facts.ifVersion !== current)
    throw errors.VAULT_CONFLICT({ name, version: current, expected: facts.ifVersion });
  const version = current + 1;
  const { created, expires, rotateAfter = last?.rotateAfter ?? 0, labels = last?.labels ?? "{}" } = facts;
  const frames = [sealEntry(state.vaultId, { name, version, created, expires, rotateAfter, labels }, value, keys)];
  const dropped = versions.length + 1 - facts.keep;
  if (dropped > 0)
    frames.push(encodeRecord({ type: "prune", name, version: versions[dropped]?.record.version ?? version }));
  return frames;
}

/** The record that changes the facts of an entry's current version, under the same number. */
export function describeAgain(
  state: State,
  name: string,
  facts: Omit<NewFacts, "expires"> & { readonly expires: number | undefined },
  keys: RootKeys,
): Frame {
  const record = findVersion(state, name);
  if (facts.ifVersion !== undefined && facts.ifVersion !== record.version)
    throw errors.VAULT_CONFLICT({ name, version: record.version, expected: facts.ifVersion });
  const { expires = record.expires, rotateAfter = record.rotateAfter, labels = record.labels } = facts;
  const value = openEntry(state.vaultId, record, keys);
  const frame = sealEntry(state.vaultId, { ...record, expires, rotateAfter, labels }, value, keys);
  wipe(value);
  return frame;
}
