import type { AuditEntry } from "@seaworthy/core";
import { isObject } from "@seaworthy/core/objects";
import type { StoredAuditEntry } from "../audit.ts";
import type { AuditHead, StoredEntry } from "../stores/store.ts";
import { hashOf } from "./chain.ts";

/** The version of the format, which every entry carries. */
export const VERSION = 1;

/** What stands in place of personal members: who they are about, and the box that only the key of this person opens. */
export interface SealedPart {
  readonly owner: string;
  readonly box: string;
}

/** An entry that is ready to be chained. */
export interface PreparedEntry extends Omit<AuditEntry, "at"> {
  readonly at: number;
  readonly personal?: SealedPart;
}

/** Writes entries behind a head. The order of the members is fixed, but nothing depends on it: the bytes are hashed. */
export function chainEntries(head: AuditHead, entries: readonly PreparedEntry[]): StoredEntry[] {
  let { sequence, hash } = head;
  return entries.map((entry) => {
    sequence++;
    const { type, outcome, actor, subject, data, correlationId, address, userAgent, personal } = entry;
    const text = JSON.stringify({
      v: VERSION,
      seq: sequence,
      prev: hash,
      at: new Date(entry.at).toISOString(),
      ...{ type, outcome, actor, subject, data, correlationId, address, userAgent, personal },
    });
    const bytes = Buffer.from(text);
    hash = hashOf(bytes);
    return { sequence, bytes };
  });
}

/** Reads an entry, or returns `undefined` if the bytes are not one. */
export function parseEntry(bytes: Uint8Array): StoredAuditEntry | undefined {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
  if (!isObject(value) || value.v !== VERSION) return undefined;
  const { seq, prev, at, type, outcome } = value;
  if (typeof seq !== "number" || !Number.isSafeInteger(seq) || typeof prev !== "string") return undefined;
  if (typeof at !== "string" || Number.isNaN(Date.parse(at)) || typeof type !== "string") return undefined;
  if (outcome !== "success" && outcome !== "failure" && outcome !== "denied") return undefined;
  const { v: _, seq: __, prev: ___, at: ____, ...members } = value;
  return { ...members, type, outcome, sequence: seq, previous: prev, at: Date.parse(at) };
}
