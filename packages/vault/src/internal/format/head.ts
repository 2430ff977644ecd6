import { timingSafeEqual } from "node:crypto";
import { hmac, sha256 } from "../crypto/hkdf.ts";
import { HEAD_BYTES, SEGMENT_BYTES, SEGMENTS, SLOTS, TAIL_BYTES, TAIL_RECORDS } from "./limits.ts";
import { ByteReader, corrupt } from "./reader.ts";
import { type Frame, splitFrames } from "./record.ts";
import { decodeSlot, encodeSlot, type Slot } from "./slot.ts";
import { block, long, whole } from "./writer.ts";

const NAME = "SWVAULT2";
const MAGIC = Buffer.from(NAME, "latin1");
/** Bytes of the vault's id, the key id and a segment's id. */
export const ID_BYTES = 16;
const HASH_BYTES = 32;
/** How many of a head's first bytes {@link startOfHead} needs. */
export const HEAD_START_BYTES: number = MAGIC.length + 8 + 8 + ID_BYTES;
const NO_LOG = Buffer.alloc(ID_BYTES);

/** A segment as the head names it. */
export interface SegmentFacts {
  /** 32 hexadecimal digits. */
  readonly id: string;
  readonly bytes: number;
  readonly records: number;
  /** SHA-256 of the hashes of its records. */
  readonly digest: Buffer;
}

/** The content of a head's first bytes. */
export interface HeadStart {
  readonly epoch: number;
  /** The epoch of the head before, 0 if there was none. */
  readonly previous: number;
  /** The id of the log that continues this head, 32 hexadecimal digits. */
  readonly log: string | undefined;
}

/** Everything in a head apart from its records. */
export interface HeadFacts extends HeadStart {
  readonly vaultId: Buffer;
  readonly keyId: Buffer;
  readonly created: number;
  readonly slots: readonly Slot[];
  readonly segments: readonly SegmentFacts[];
}

/** A head as it was read: sound in form, not yet authenticated. */
export interface Head extends HeadFacts {
  readonly tail: readonly Frame[];
  /** What the MAC covers besides the hashes of the tail. */
  readonly covered: Buffer;
  readonly mac: Buffer;
}

/** Lays out a head with its MAC under `macKey`. */
export function encodeHead(facts: HeadFacts, tail: readonly Frame[], macKey: Uint8Array): Buffer {
  const slots = facts.slots.map((slot) => block(encodeSlot(slot), 2));
  const segments = facts.segments.map(({ id, bytes, records, digest }) =>
    Buffer.concat([Buffer.from(id, "hex"), whole(bytes, 4), whole(records, 4), digest]),
  );
  const covered = Buffer.concat([
    ...[
      MAGIC,
      long(facts.epoch),
      long(facts.previous),
      facts.log === undefined ? NO_LOG : Buffer.from(facts.log, "hex"),
    ],
    ...[facts.vaultId, facts.keyId, long(facts.created)],
    ...[whole(slots.length, 1), ...slots, whole(segments.length, 2), ...segments],
  ]);
  const size = tail.reduce((sum, frame) => sum + frame.bytes.length, 0);
  const body = [covered, whole(size, 4), ...tail.map((frame) => frame.bytes), manifest(covered, tail, macKey)];
  const head = Buffer.concat([...body, Buffer.alloc(HASH_BYTES)]);
  const before = head.subarray(0, head.length - HASH_BYTES);
  head.set(sha256(before), before.length);
  return head;
}

/** Reads a head's form. @throws VAULT_CORRUPT if it has none */
export function decodeHead(bytes: Uint8Array): Head {
  if (bytes.length > HEAD_BYTES) throw corrupt("the head is too large");
  if (bytes.length < MAGIC.length + HASH_BYTES) throw corrupt("cut short");
  const before = bytes.subarray(0, bytes.length - HASH_BYTES);
  if (!sha256(before).equals(bytes.subarray(before.length))) throw corrupt("the checksum is another");
  const reader = new ByteReader(before);
  const facts = decodeFacts(reader);
  const covered = Buffer.from(before.buffer, before.byteOffset, reader.at);
  const tail = splitFrames(reader.block(4, TAIL_BYTES), TAIL_RECORDS);
  const mac = reader.take(HASH_BYTES);
  reader.end();
  return { ...facts, tail, covered, mac };
}

/** Whether the head's MAC is right under `macKey`, compared in constant time. */
export function isAuthentic(head: Head, macKey: Uint8Array): boolean {
  return timingSafeEqual(manifest(head.covered, head.tail, macKey), head.mac);
}

/** The content of a head's first bytes, before anything is authenticated. @throws VAULT_CORRUPT if they are not a head's */
export function startOfHead(bytes: Uint8Array): HeadStart {
  return decodeStart(new ByteReader(bytes));
}

/** The epoch in a head's first bytes. @throws VAULT_CORRUPT if they are not a head's */
export function epochOf(bytes: Uint8Array): number {
  return startOfHead(bytes).epoch;
}

/** The digest by which a head names a segment of these records. */
export function segmentDigest(frames: readonly Frame[]): Buffer {
  return sha256(Buffer.concat(frames.map((frame) => frame.hash)));
}

function manifest(covered: Buffer, tail: readonly Frame[], macKey: Uint8Array): Buffer {
  return hmac(macKey, covered, Buffer.concat(tail.map((frame) => frame.hash)));
}

function decodeStart(reader: ByteReader): HeadStart {
  if (!reader.take(MAGIC.length).equals(MAGIC)) throw corrupt("not a vault of a known version");
  const epoch = reader.long();
  const previous = reader.long();
  const log = reader.take(ID_BYTES);
  return { epoch, previous, log: log.equals(NO_LOG) ? undefined : log.toString("hex") };
}

function decodeFacts(reader: ByteReader): HeadFacts {
  const start = decodeStart(reader);
  const vaultId = reader.take(ID_BYTES);
  const keyId = reader.take(ID_BYTES);
  const created = reader.long();
  const slots: Slot[] = [];
  const slotCount = reader.whole(1);
  if (slotCount === 0 || slotCount > SLOTS) throw corrupt("the number of key slots is out of bounds");
  for (let i = 0; i < slotCount; i++) slots.push(decodeSlot(reader.block(2, 1024)));
  const segments: SegmentFacts[] = [];
  const segmentCount = reader.whole(2);
  if (segmentCount > SEGMENTS) throw corrupt("the number of segments is out of bounds");
  for (let i = 0; i < segmentCount; i++) segments.push(decodeSegment(reader));
  return { ...start, vaultId, keyId, created, slots, segments };
}

function decodeSegment(reader: ByteReader): SegmentFacts {
  const id = reader.take(ID_BYTES).toString("hex");
  const bytes = reader.whole(4);
  if (bytes > SEGMENT_BYTES) throw corrupt("a segment's length is out of bounds");
  return { id, bytes, records: reader.whole(4), digest: reader.take(HASH_BYTES) };
}
