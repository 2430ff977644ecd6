import { lengthPrefixed } from "../crypto/bytes.ts";
import { TAG_BYTES } from "../crypto/gcm.ts";
import { sha256 } from "../crypto/hkdf.ts";
import { WRAP_BYTES } from "../crypto/xaes.ts";
import { LABEL_BYTES, NAME_BYTES, RECORD_BYTES, VALUE_BYTES } from "./limits.ts";
import { ByteReader, corrupt } from "./reader.ts";
import { block, long, whole } from "./writer.ts";

/** Bytes of a data key with its nonce and tag. */
export const WRAPPED_KEY_BYTES: number = WRAP_BYTES + 32;
/** Bytes of the nonce of a value. */
export const NONCE_BYTES = 12;

const PUT = 1;
const REMOVE = 2;
const PRUNE = 3;
const DESTROY = 4;

/** The facts about a version that need no key. All of it is authenticated with the value. */
export interface EntryFacts {
  readonly name: string;
  readonly version: number;
  readonly created: number;
  /** 0 for never. */
  readonly expires: number;
  /** A duration; 0 for never. */
  readonly rotateAfter: number;
  /** JSON of a flat object of strings. */
  readonly labels: string;
}

/** One version of an entry. */
export interface PutRecord extends EntryFacts {
  readonly type: "put";
  readonly wrappedKey: Buffer;
  readonly nonce: Buffer;
  readonly box: Buffer;
}

/** One change of the vault's content. */
export type VaultRecord =
  | PutRecord
  | { readonly type: "remove"; readonly name: string; readonly at: number }
  | { readonly type: "prune"; readonly name: string; readonly version: number }
  | { readonly type: "destroy"; readonly name: string; readonly version: number };

/** A record's bytes as they are stored, with their hash; decoded when it is first read. */
export class Frame {
  readonly bytes: Buffer;
  readonly hash: Buffer;
  #record: VaultRecord | undefined;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.hash = sha256(bytes);
  }

  get record(): VaultRecord {
    this.#record ??= decode(this.bytes);
    return this.#record;
  }
}

/** Lays a record out as bytes. */
export function encodeRecord(record: VaultRecord): Frame {
  const body = Buffer.concat(fieldsOf(record));
  return new Frame(Buffer.concat([whole(body.length, 4), body]));
}

/** Cuts a run of at most `most` records apart without looking into them; counts them before it keeps any. */
export function splitFrames(bytes: Uint8Array, most: number): Frame[] {
  const ends: number[] = [];
  const reader = new ByteReader(bytes);
  while (reader.left > 0) {
    if (ends.length >= most) throw corrupt("there are too many records");
    const length = reader.whole(4);
    if (length === 0 || length > RECORD_BYTES) throw corrupt("a record's length is out of bounds");
    reader.take(length);
    ends.push(reader.at);
  }
  return ends.map((end, at) => {
    const begin = ends[at - 1] ?? 0;
    return new Frame(Buffer.from(bytes.buffer, bytes.byteOffset + begin, end - begin));
  });
}

/** What a version's value and data key are bound to. */
export function entryContext(vaultId: Uint8Array, facts: EntryFacts): Buffer {
  const { name, version, created, expires, rotateAfter, labels } = facts;
  return lengthPrefixed(vaultId, name, version, created, expires, rotateAfter, labels);
}

function fieldsOf(record: VaultRecord): Buffer[] {
  const name = block(record.name, 2);
  if (record.type === "remove") return [whole(REMOVE, 1), name, long(record.at)];
  if (record.type === "prune") return [whole(PRUNE, 1), name, whole(record.version, 4)];
  if (record.type === "destroy") return [whole(DESTROY, 1), name, whole(record.version, 4)];
  const { version, created, expires, rotateAfter, labels, wrappedKey, nonce, box } = record;
  const times = [long(created), long(expires), long(rotateAfter)];
  return [whole(PUT, 1), name, whole(version, 4), ...times, block(labels, 2), wrappedKey, nonce, block(box, 4)];
}

function decode(bytes: Buffer): VaultRecord {
  const reader = new ByteReader(bytes.subarray(4));
  const type = reader.whole(1);
  const name = reader.text(2, NAME_BYTES);
  const record = decodeBody(type, name, reader);
  reader.end();
  return record;
}

function decodeBody(type: number, name: string, reader: ByteReader): VaultRecord {
  if (type === REMOVE) return { type: "remove", name, at: reader.long() };
  if (type === PRUNE) return { type: "prune", name, version: reader.whole(4) };
  if (type === DESTROY) return { type: "destroy", name, version: reader.whole(4) };
  if (type !== PUT) throw corrupt("a record has an unknown type");
  return {
    type: "put",
    name,
    version: reader.whole(4),
    created: reader.long(),
    expires: reader.long(),
    rotateAfter: reader.long(),
    labels: reader.text(2, LABEL_BYTES),
    wrappedKey: reader.take(WRAPPED_KEY_BYTES),
    nonce: reader.take(NONCE_BYTES),
    box: reader.block(4, VALUE_BYTES + TAG_BYTES),
  };
}
