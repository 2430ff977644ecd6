import { type Duration, isSecret, toMilliseconds } from "@seaworthy/core";
import { withoutUndefined } from "@seaworthy/core/objects";
import { checkOptions, integer } from "@seaworthy/core/options";
import type { DueEntry, Entry, EntryVersion, SetOptions } from "../entries.ts";
import { kindOf, shown } from "./check.ts";
import { currentOf } from "./content.ts";
import { ownBytes, utf8 } from "./crypto/bytes.ts";
import { LABEL_BYTES, NAME_BYTES, VALUE_BYTES } from "./format/limits.ts";
import { corrupt } from "./format/reader.ts";
import type { EntryFacts, PutRecord } from "./format/record.ts";
import type { State } from "./state.ts";
/** Checked options of `set`. */
export interface NewFacts {
  readonly expires: number;
  readonly rotateAfter: number | undefined;
  readonly labels: string | undefined;
  readonly ifVersion?: number | undefined;
}

/** The last moment that a `Date` can hold. */
const LAST_DATE = 8.64e15;
const LONGEST_REMINDER = 100_000 * 86_400_000;
const NO_DATES = {};

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it refuses
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/** Whether it can name an entry. */
export function isName(name: unknown): name is string {
  const sound = typeof name === "string" && name.length > 0 && name.length <= NAME_BYTES && name.isWellFormed();
  return sound && !CONTROL.test(name) && Buffer.byteLength(name) <= NAME_BYTES;
}

/** @throws TypeError if it cannot name an entry; it is not quoted, since it may be a value in the name's place */
export function checkName(name: unknown): string {
  if (isName(name)) return name;
  throw new TypeError(`name must be 1 to ${NAME_BYTES} bytes of text without control characters; got ${kindOf(name)}`);
}

/** The bytes of a value, of text as UTF-8, to be wiped. @throws TypeError; no part of the value is in its message */
export function checkValue(value: unknown): Buffer {
  const text = isSecret(value) ? value.reveal() : value;
  if (text instanceof Uint8Array) {
    if (text.length <= VALUE_BYTES) return ownBytes(text);
    throw new TypeError(`value must be at most ${VALUE_BYTES} bytes; got ${text.length} bytes`);
  }
  if (typeof text !== "string")
    throw new TypeError(`value must be a string, bytes, or a secret of either; got ${kindOf(text)}`);
  if (text.length > VALUE_BYTES || Buffer.byteLength(text) > VALUE_BYTES)
    throw new TypeError(`value must be at most ${VALUE_BYTES} bytes; got ${kindOf(text)}`);
  if (!text.isWellFormed()) throw new TypeError("value must be well-formed text; got a lone surrogate");
  return utf8(text);
}

/** @throws TypeError naming the option and what it got */
export function checkSetOptions(options: SetOptions = {}): NewFacts {
  checkOptions("set", options, ["expiresAt", "rotateAfter", "labels", "ifVersion"]);
  const { expiresAt, rotateAfter, labels, ifVersion } = options;
  const expires = expiresAt instanceof Date ? expiresAt.getTime() : expiresAt === false ? 0 : (expiresAt ?? 0);
  if (
    expiresAt !== undefined &&
    expiresAt !== false &&
    !(Number.isSafeInteger(expires) && expires > 0 && expires <= LAST_DATE)
  )
    throw new TypeError(`expiresAt must be a date or whole epoch milliseconds; got ${shown(expires)}`);
  const rotate = rotateAfter === undefined ? undefined : rotationDelay(rotateAfter);
  if (rotate !== undefined && rotate > LONGEST_REMINDER)
    throw new TypeError(`rotateAfter must be at most 100 000 days; got ${shown(rotateAfter)}`);
  return {
    expires,
    rotateAfter: rotate,
    labels: labels === undefined ? undefined : checkLabels(labels),
    ifVersion: ifVersion === undefined ? undefined : integer("ifVersion", ifVersion, 0, Number.MAX_SAFE_INTEGER),
  };
}

function rotationDelay(rotateAfter: Duration | false): number {
  return rotateAfter === false ? 0 : Math.ceil(toMilliseconds(rotateAfter, "rotateAfter"));
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

/** What is known of a version and of how many there are. */
export function describeEntry(record: PutRecord, versions: number): Entry {
  return Object.freeze({ ...describeVersion(record), versions });
}

/** What is known of a version without any key. */
export function describeVersion(record: PutRecord): EntryVersion {
  const { name, version, created, labels } = record;
  return Object.freeze({
    name,
    version,
    createdAt: created,
    ...datesOf(record),
    labels: Object.freeze(JSON.parse(labels) as Record<string, string>),
  });
}

/** The dates of a version. Most versions have none, and `list` describes every entry. */
function datesOf({ created, expires, rotateAfter }: PutRecord): Pick<EntryVersion, "expiresAt" | "rotateAt"> {
  if (expires === 0 && rotateAfter === 0) return NO_DATES;
  return withoutUndefined({
    expiresAt: expires === 0 ? undefined : expires,
    rotateAt: rotateAfter === 0 ? undefined : created + rotateAfter,
  });
}

/** What is due up to `until`, soonest first. */
export function dueEntries(state: State, until: number): DueEntry[] {
  const due: DueEntry[] = [];
  for (const versions of state.content.entries.values()) {
    const { name, version, created, expires, rotateAfter } = currentOf(versions);
    if (expires !== 0 && expires <= until) due.push({ name, version, reason: "expires", at: expires });
    const rotateAt = created + rotateAfter;
    if (rotateAfter !== 0 && rotateAt <= until) due.push({ name, version, reason: "rotate", at: rotateAt });
  }
  return due.sort((a, b) => a.at - b.at || (a.name < b.name ? -1 : 1));
}
