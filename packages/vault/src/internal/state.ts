import type { RootKeys } from "../crypto/root-keys.ts";
import { errors } from "../errors.ts";
import { decodeHead, encodeHead, type Head, isAuthentic, segmentDigest } from "../format/head.ts";
import { corrupt } from "../format/reader.ts";
import { type Frame, splitFrames } from "../format/record.ts";
import type { Slot } from "../format/slot.ts";
import { checkSlot } from "../slots.ts";
import type { StoredHead, VaultCommit, VaultStore } from "../stores/store.ts";
import { Content } from "./content.ts";
import type { Layout, Segment } from "./layout.ts";

/** A vault as of one epoch: authenticated, every value still encrypted. */
export interface State {
  readonly epoch: number;
  readonly vaultId: Buffer;
  readonly created: number;
  readonly slots: readonly Slot[];
  readonly layout: Layout;
  readonly content: Content;
}

const READS_AT_ONCE = 16;

/** Reads a stored head's form. @throws VAULT_CORRUPT */
export function readHead({ epoch, head: bytes }: StoredHead): Head {
  const head = decodeHead(bytes);
  if (head.epoch !== epoch) throw corrupt("the store's epoch is another than the head's");
  for (const slot of head.slots) checkSlot(slot);
  return head;
}

/**
 * The segments that a head names. `known` ones are not read again. `undefined` when one is gone: then a later head has
 * taken this one's place, or the vault is damaged.
 */
export async function readSegments(
  store: VaultStore,
  head: Head,
  known: ReadonlyMap<string, Segment>,
): Promise<Segment[] | undefined> {
  const segments: Segment[] = [];
  for (let at = 0; at < head.segments.length; at += READS_AT_ONCE) {
    const batch = head.segments.slice(at, at + READS_AT_ONCE).map(async (facts) => {
      const cached = known.get(facts.id);
      if (cached?.digest.equals(facts.digest)) return cached;
      const bytes = await store.readSegment(facts.id);
      if (bytes === undefined) return undefined;
      if (bytes.length !== facts.bytes) throw corrupt("a segment's length is another");
      const frames = splitFrames(bytes, facts.records);
      const same = frames.length === facts.records && segmentDigest(frames).equals(facts.digest);
      if (!same) throw corrupt("a segment's checksum is another");
      return { ...facts, frames };
    });
    for (const segment of await Promise.all(batch)) {
      if (segment === undefined) return undefined;
      segments.push(segment);
    }
  }
  return segments;
}

/** @throws VAULT_TAMPERED when the head is not by the holder of these keys */
export function authenticate(head: Head, keys: RootKeys): void {
  if (!isAuthentic(head, keys.mac)) throw errors.VAULT_TAMPERED({ epoch: head.epoch });
}

/** The state that an authentic head and the segments it names come to. */
export function stateOf(head: Head, segments: readonly Segment[]): State {
  const content = new Content();
  for (const segment of segments) for (const frame of segment.frames) content.apply(frame);
  for (const frame of head.tail) content.apply(frame);
  const { epoch, vaultId, created, slots, tail } = head;
  return { epoch, vaultId, created, slots, layout: { segments, tail }, content };
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
  const head = encodeHead({ ...next, keyId: keys.id, segments }, tail, keys.mac);
  const add = segments
    .filter((segment) => !before.has(segment.id))
    .map((segment) => ({ id: segment.id, bytes: bytesOf(segment.frames) }));
  const needed = segments.map((segment) => segment.id);
  const keep = purge ? needed : [...new Set([...before, ...needed])];
  return { epoch: next.epoch, head, add, keep, ...(purge && { purge }) };
}

function bytesOf(frames: readonly Frame[]): Buffer {
  return Buffer.concat(frames.map((frame) => frame.bytes));
}
