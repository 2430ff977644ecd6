import { withoutUndefined } from "@seaworthy/core/objects";
import { errors } from "../errors.ts";
import type { StoredHead, VaultCommit, VaultStore } from "../stores/store.ts";
import { Breath } from "./breathe.ts";
import { Content } from "./content.ts";
import type { RootKeys } from "./crypto/root-keys.ts";
import { decodeHead, encodeHead, type Head, isAuthentic, type SegmentFacts, segmentDigest } from "./format/head.ts";
import { openLog, readLog } from "./format/log.ts";
import { corrupt } from "./format/reader.ts";
import { type Frame, splitFrames } from "./format/record.ts";
import type { Slot } from "./format/slot.ts";
import type { Layout, Segment } from "./layout.ts";
import { checkSlot } from "./slots.ts";

/** The log that continues a head. */
export interface OpenLog {
  readonly id: string;
  /** Bytes of the log. */
  readonly size: number;
  /** What the next entry has to follow. */
  readonly last: Buffer;
  readonly isOpen: boolean;
}

/** A vault as of one epoch: authenticated, every value still encrypted. */
export interface State {
  readonly epoch: number;
  /** The epoch of the head, without its log. */
  readonly headEpoch: number;
  /** `undefined` if the head does not name a log. */
  readonly log: OpenLog | undefined;
  readonly vaultId: Buffer;
  readonly created: number;
  readonly slots: readonly Slot[];
  readonly layout: Layout;
  readonly content: Content;
}

/** What a log adds to its head. */
export interface Appended extends Pick<State, "epoch" | "log"> {
  readonly frames: readonly Frame[];
}

const READS_AT_ONCE = 16;

/** Reads a stored head's form. @throws VAULT_CORRUPT */
export function readHead({ epoch, head: bytes, log }: StoredHead): Head {
  const head = decodeHead(bytes);
  if (head.epoch !== epoch) throw corrupt("the store's epoch is another than the head's");
  if (head.log !== undefined && log === undefined) throw corrupt("the log is missing");
  for (const slot of head.slots) checkSlot(slot);
  return head;
}

/** What was appended to an authentic head. @throws VAULT_CORRUPT, VAULT_TAMPERED */
export function readAppended(head: Head, bytes: Uint8Array | undefined, keys: RootKeys): Appended {
  if (head.log === undefined || bytes === undefined) return { epoch: head.epoch, log: undefined, frames: [] };
  const facts = readLog(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), head.log, head.epoch);
  const frames = openLog(facts, keys.log);
  if (frames === undefined) throw errors.VAULT_TAMPERED({ epoch: facts.epoch });
  const { epoch, last, ending } = facts;
  return { epoch, log: { id: head.log, size: bytes.length, last, isOpen: ending === "open" }, frames };
}

/**
 * The segments that a head names. `known` ones are not read again. `undefined` if one is missing: then a later head has
 * taken this one's place, or the vault is damaged.
 */
export async function readSegments(
  store: VaultStore,
  head: Head,
  known: ReadonlyMap<string, Segment>,
): Promise<Segment[] | undefined> {
  const segments: Segment[] = [];
  const breath = new Breath();
  for (let at = 0; at < head.segments.length; at += READS_AT_ONCE) {
    const batch = head.segments.slice(at, at + READS_AT_ONCE);
    const read = batch.map(({ id, digest }) => (isKnown(known.get(id), digest) ? undefined : store.readSegment(id)));
    const found = await Promise.all(read);
    for (const [index, facts] of batch.entries()) {
      const cached = known.get(facts.id);
      const bytes = found[index];
      if (cached !== undefined && isKnown(cached, facts.digest)) segments.push(cached);
      else if (bytes === undefined) return undefined;
      else segments.push(segmentOf(facts, bytes));
      if (breath.isDue(facts.records)) await breath.take();
    }
  }
  return segments;
}

function isKnown(segment: Segment | undefined, digest: Buffer): boolean {
  return segment?.digest.equals(digest) === true;
}

function segmentOf(facts: SegmentFacts, bytes: Uint8Array): Segment {
  if (bytes.length !== facts.bytes) throw corrupt("a segment's length is another");
  const frames = splitFrames(bytes, facts.records);
  const isSame = frames.length === facts.records && segmentDigest(frames).equals(facts.digest);
  if (!isSame) throw corrupt("a segment's checksum is another");
  return { ...facts, frames };
}

/** @throws VAULT_TAMPERED if the head is not by the holder of these keys */
export function authenticate(head: Head, keys: RootKeys): void {
  if (!isAuthentic(head, keys.mac)) throw errors.VAULT_TAMPERED({ epoch: head.epoch });
}

/** The state that an authentic head, the segments it names and its log come to. */
export async function stateOf(
  head: Head,
  segments: readonly Segment[],
  { epoch, log, frames }: Appended,
): Promise<State> {
  const content = new Content();
  const tail = frames.length === 0 ? head.tail : [...head.tail, ...frames];
  const breath = new Breath();
  for (const records of [...segments.map((segment) => segment.frames), tail])
    for (const frame of records) {
      content.apply(frame);
      if (breath.isDue()) await breath.take();
    }
  const { vaultId, created, slots } = head;
  return { epoch, headEpoch: head.epoch, log, vaultId, created, slots, layout: { segments, tail }, content };
}

/** What a store has to keep for a state that follows `base`. */
export function commitOf(
  base: State | undefined,
  next: Omit<State, "content">,
  keys: RootKeys,
  purge = false,
): VaultCommit {
  const before = new Set(base?.layout.segments.map((segment) => segment.id));
  const { segments, tail } = next.layout;
  const log = next.log?.id;
  const facts = { ...next, keyId: keys.id, segments, previous: base?.headEpoch ?? next.epoch - 1, log };
  const head = encodeHead(facts, tail, keys.mac);
  const add = segments
    .filter((segment) => !before.has(segment.id))
    .map((segment) => ({ id: segment.id, bytes: bytesOf(segment.frames) }));
  const needed = segments.map((segment) => segment.id);
  const keep = purge ? needed : [...new Set([...before, ...needed])];
  return withoutUndefined({ epoch: next.epoch, head, add, keep, purge: purge || undefined, newLog: log });
}

function bytesOf(frames: readonly Frame[]): Buffer {
  return Buffer.concat(frames.map((frame) => frame.bytes));
}
