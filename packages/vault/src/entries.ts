import { randomBytes } from "node:crypto";
import { type Duration, isSecret, type Secret, secret, toMilliseconds } from "@seaworthy/core";
import { checkOptions } from "@seaworthy/core/options";
import { lengthPrefixed, utf8, wipe } from "./crypto/bytes.ts";
import { openGcm, sealGcm } from "./crypto/gcm.ts";
import type { RootKeys } from "./crypto/root-keys.ts";
import { unwrap, wrap } from "./crypto/xaes.ts";
import { errors } from "./errors.ts";
import { LABEL_BYTES, NAME_BYTES, VALUE_BYTES } from "./format/limits.ts";
import { corrupt } from "./format/reader.ts";
import {
  type EntryFacts,
  encodeRecord,
  entryContext,
  type Frame,
  NONCE_BYTES,
  type PutRecord,
} from "./format/record.ts";
import { kindOf, shown } from "./internal/check.ts";
import type { Version } from "./internal/content.ts";
import type { State } from "./internal/state.ts";

/** Options of `set`. */
export interface SetOptions {
  /** From when on `get` refuses it: a date, or milliseconds since the Unix epoch. @default never */
  expiresAt?: Date | number;
  /** How long after this write `due` names it, up to 100 000 days. @default that of the version before, if any */
  rotateAfter?: Duration;
  /** Text by name, not secret, at most 4 KiB in all. @default those of the version before */
  labels?: Readonly<Record<string, string>>;
}

/** What is known of one version without decrypting it. Times are milliseconds since the Unix epoch. */
export interface EntryVersion {
  readonly name: string;
  /** 1 for the first. */
  readonly version: number;
  readonly createdAt: number;
  readonly expiresAt?: number;
  /** When it should be replaced: its creation and `rotateAfter`. */
  readonly rotateAt?: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** What is known of an entry: its current version, and how many there are. */
export interface Entry extends EntryVersion {
  /** Versions kept, the current one among them. */
  readonly versions: number;
}

/** An entry that wants attention. */
export interface DueEntry {
  readonly name: string;
  readonly version: number;
  readonly reason: "expires" | "rotate";
  /** When, in milliseconds since the Unix epoch; it may have passed. */
  readonly at: number;
}

/** Checked options of `set`. */
export interface NewFacts {
  readonly expires: number;
  readonly rotateAfter: number | undefined;
  readonly labels: string | undefined;
}

/** The last moment that a `Date` can hold. */
const LAST_DATE = 8.64e15;
const LONGEST_REMINDER = 100_000 * 86_400_000;

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it refuses
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/** Whether it can name an entry. */
export function isName(name: unknown): name is string {
  const sound = typeof name === "string" && name.length > 0 && name.length <= NAME_BYTES && name.isWellFormed();
  return sound && !CONTROL.test(name) && Buffer.byteLength(name) <= NAME_BYTES;
}

/** @throws TypeError when it cannot name an entry; it is not quoted, since it may be a value in the name's place */
export function checkName(name: unknown): string {
  if (isName(name)) return name;
  throw new TypeError(`name must be 1 to ${NAME_BYTES} bytes of text without control characters; got ${kindOf(name)}`);
}

/** UTF-8 of a value, in bytes to be wiped. @throws TypeError; no part of the value is in its message */
export function checkValue(value: unknown): Buffer {
  const text = isSecret(value) ? value.reveal() : value;
  if (typeof text !== "string") throw new TypeError(`value must be text or a secret of text; got ${kindOf(text)}`);
  if (text.length > VALUE_BYTES || Buffer.byteLength(text) > VALUE_BYTES)
    throw new TypeError(`value must be at most ${VALUE_BYTES} bytes; got ${kindOf(text)}`);
  if (!text.isWellFormed()) throw new TypeError("value must be well-formed text; got a lone surrogate");
  return utf8(text);
}

/** @throws TypeError naming the option and what it got */
export function checkSetOptions(options: SetOptions = {}): NewFacts {
  checkOptions("set", options, ["expiresAt", "rotateAfter", "labels"]);
  const { expiresAt, rotateAfter, labels } = options;
  const expires = expiresAt instanceof Date ? expiresAt.getTime() : (expiresAt ?? 0);
  if (expiresAt !== undefined && !(Number.isSafeInteger(expires) && expires > 0 && expires <= LAST_DATE))
    throw new TypeError(`expiresAt must be a date or whole epoch milliseconds; got ${shown(expires)}`);
  const rotate = rotateAfter === undefined ? undefined : Math.ceil(toMilliseconds(rotateAfter, "rotateAfter"));
  if (rotate !== undefined && rotate > LONGEST_REMINDER)
    throw new TypeError(`rotateAfter must be at most 100 000 days; got ${shown(rotateAfter)}`);
  return {
    expires,
    rotateAfter: rotate,
    labels: labels === undefined ? undefined : checkLabels(labels),
  };
}

/** Refuses what `set` would never have written. The maker of a bundle has its key, and may have written anything. */
export function checkImported(facts: EntryFacts): void {
  try {
    checkName(facts.name);
    const labels = JSON.parse(facts.labels) as Record<string, string>;
    checkSetOptions({
      labels,
      rotateAfter: facts.rotateAfter,
      expiresAt: facts.expires === 0 ? LAST_DATE : facts.expires,
    });
    if (facts.created > LAST_DATE) throw new TypeError("created is beyond all dates");
  } catch (error) {
    throw corrupt("a bundle's entry is malformed", error);
  }
}

function checkLabels(labels: Readonly<Record<string, string>>): string {
  if (typeof labels !== "object" || labels === null || Array.isArray(labels))
    throw new TypeError(`labels must be an object of text; got ${shown(labels)}`);
  const entries = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [name, value] of entries) {
    const sound = typeof value === "string" && value.isWellFormed() && name.isWellFormed();
    if (!sound) throw new TypeError(`labels.${name.slice(0, 60)} must be well-formed text; got ${shown(value)}`);
  }
  // From entries, so that a label called __proto__ stays a label.
  const text = `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(",")}}`;
  if (Buffer.byteLength(text) > LABEL_BYTES)
    throw new TypeError(`labels must be at most ${LABEL_BYTES} bytes in all; got ${shown(text)}`);
  return text;
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
  const dataKey = randomBytes(32);
  const nonce = randomBytes(NONCE_BYTES);
  const box = sealGcm(dataKey, nonce, value, lengthPrefixed("value", context));
  const wrappedKey = wrap(keys.data, dataKey, lengthPrefixed("data key", context));
  wipe(dataKey);
  return encodeRecord({ ...facts, type: "put", wrappedKey, nonce, box });
}

/** The value's bytes, to be wiped. @throws VAULT_TAMPERED */
export function openEntry(vaultId: Uint8Array, record: PutRecord, keys: RootKeys): Buffer {
  const context = entryContext(vaultId, record);
  const dataKey = unwrap(keys.data, record.wrappedKey, lengthPrefixed("data key", context));
  const value = dataKey && openGcm(dataKey, record.nonce, record.box, lengthPrefixed("value", context));
  wipe(dataKey);
  if (value === undefined) throw errors.VAULT_TAMPERED({ name: record.name, version: record.version });
  return value;
}

/** The value as a secret; its bytes are wiped. */
export function revealEntry(state: State, record: PutRecord, keys: RootKeys): Secret<string> {
  const bytes = openEntry(state.vaultId, record, keys);
  const value = secret(bytes.toString("utf8"));
  wipe(bytes);
  return value;
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
export function putFrames(
  state: State,
  name: string,
  value: Uint8Array,
  facts: NewFacts & { readonly created: number; readonly keep: number },
  keys: RootKeys,
): Frame[] {
  const versions = state.content.entries.get(name) ?? [];
  const last = versions.at(-1)?.record;
  const version = (last?.version ?? 0) + 1;
  const { created, expires, rotateAfter = last?.rotateAfter ?? 0, labels = last?.labels ?? "{}" } = facts;
  const frames = [sealEntry(state.vaultId, { name, version, created, expires, rotateAfter, labels }, value, keys)];
  const dropped = versions.length + 1 - facts.keep;
  if (dropped > 0)
    frames.push(encodeRecord({ type: "prune", name, version: versions[dropped]?.record.version ?? version }));
  return frames;
}

/** What is known of a version without any key. */
export function describeVersion(record: PutRecord): EntryVersion {
  const { name, version, created, expires, rotateAfter, labels } = record;
  return Object.freeze({
    name,
    version,
    createdAt: created,
    ...(expires === 0 ? undefined : { expiresAt: expires }),
    ...(rotateAfter === 0 ? undefined : { rotateAt: created + rotateAfter }),
    labels: Object.freeze(JSON.parse(labels) as Record<string, string>),
  });
}

/** What is due up to `until`, soonest first. */
export function dueEntries(state: State, until: number): DueEntry[] {
  const due: DueEntry[] = [];
  for (const versions of state.content.entries.values()) {
    const { name, version, created, expires, rotateAfter } = (versions.at(-1) as Version).record;
    if (expires !== 0 && expires <= until) due.push({ name, version, reason: "expires", at: expires });
    const rotateAt = created + rotateAfter;
    if (rotateAfter !== 0 && rotateAt <= until) due.push({ name, version, reason: "rotate", at: rotateAt });
  }
  return due.sort((a, b) => a.at - b.at || (a.name < b.name ? -1 : 1));
}
