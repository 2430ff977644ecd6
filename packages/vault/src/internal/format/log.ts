import { timingSafeEqual } from "node:crypto";
import { hmac, sha256 } from "../crypto/hkdf.ts";
import { ID_BYTES } from "./head.ts";
import { LOG_ENTRY_BYTES, TAIL_RECORDS } from "./limits.ts";
import { ByteReader, corrupt } from "./reader.ts";
import { type Frame, splitFrames } from "./record.ts";
import { long, whole } from "./writer.ts";

const LENGTH_BYTES = 4;
const MAC_BYTES = 32;
const EPOCH_BYTES = 8;
const CHECKSUM_BYTES = 8;
/** Bytes of an entry without records, without its length. */
const SHORTEST = MAC_BYTES + EPOCH_BYTES + MAC_BYTES + CHECKSUM_BYTES;
const NO_MAC = Buffer.alloc(MAC_BYTES);

/** One accepted entry of a log: the records of one write. */
export interface LogEntry {
  readonly previous: Buffer;
  readonly epoch: number;
  readonly records: Buffer;
  readonly mac: Buffer;
  /** Where it ends in the log. */
  readonly end: number;
}

/** What a log shows without any key. */
export interface LogFacts {
  readonly entries: readonly LogEntry[];
  /** The epoch of the last accepted entry, or of the head. */
  readonly epoch: number;
  /** What the next entry has to follow. */
  readonly last: Buffer;
  /** `"open"` if another entry can follow, `"ended"` after an end, `"cut"` if bytes follow that are not an entry. */
  readonly ending: "open" | "ended" | "cut";
}

/** What the first entry of a log follows. */
export function startOf(logId: string): Buffer {
  return Buffer.concat([Buffer.from(logId, "hex"), Buffer.alloc(MAC_BYTES - ID_BYTES)]);
}

/** Lays out the entry of one write that follows `previous`. */
export function encodeEntry(
  previous: Buffer,
  epoch: number,
  frames: readonly Frame[],
  key: Uint8Array,
): { bytes: Buffer; mac: Buffer } {
  const mac = macOf(previous, epoch, frames, key);
  const records = frames.map((frame) => frame.bytes);
  return { bytes: layOut(previous, epoch, records, mac), mac };
}

/** Lays out the end of a log, which needs no key. */
export function encodeEnd({ last, epoch }: Pick<LogFacts, "last" | "epoch">): Buffer {
  return layOut(last, epoch, [], NO_MAC);
}

/** The MAC of an entry that {@link encodeEntry} has laid out. */
export function macIn(entry: Uint8Array): Buffer {
  return Buffer.from(entry.subarray(-MAC_BYTES - CHECKSUM_BYTES, -CHECKSUM_BYTES));
}

/**
 * Goes through a log without any key: which entries were accepted, and whether another one can follow.
 *
 * @throws VAULT_CORRUPT for anything but an entry whose writer was too late or was cut short
 */
export function readLog(bytes: Buffer, logId: string, headEpoch: number): LogFacts {
  const entries: LogEntry[] = [];
  let last = startOf(logId);
  const known = new Set([last.toString("hex")]);
  let epoch = headEpoch;
  let ending: LogFacts["ending"] = "open";
  for (let at = 0; at < bytes.length; ) {
    const entry = entryAt(bytes, at);
    if (entry === undefined) {
      if (hasUnknownEntry(bytes, at + 1, known)) throw corrupt("the log is damaged");
      return { entries, epoch, last, ending: ending === "open" ? "cut" : ending };
    }
    at = entry.end;
    if (ending !== "open" || !entry.previous.equals(last)) {
      // Another writer was first, and this entry's writer has noticed.
      if (!known.has(entry.previous.toString("hex"))) throw corrupt("an entry of the log does not follow any other");
    } else if (entry.records.length === 0) {
      ending = "ended";
    } else {
      if (entry.epoch !== epoch + 1) throw corrupt("the epochs of the log are out of order");
      entries.push(entry);
      ({ epoch, mac: last } = entry);
      known.add(last.toString("hex"));
    }
  }
  return { entries, epoch, last, ending };
}

/** The records of accepted entries, or `undefined` if a MAC is wrong. @throws VAULT_CORRUPT */
export function openLog({ entries }: LogFacts, key: Uint8Array): Frame[] | undefined {
  const all: Frame[] = [];
  for (const { previous, epoch, records, mac } of entries) {
    const frames = splitFrames(records, TAIL_RECORDS);
    if (!timingSafeEqual(macOf(previous, epoch, frames, key), mac)) return undefined;
    all.push(...frames);
  }
  return all;
}

function layOut(previous: Buffer, epoch: number, records: readonly Buffer[], mac: Buffer): Buffer {
  const size = records.reduce((sum, { length }) => sum + length, SHORTEST);
  const entry = Buffer.concat([whole(size, LENGTH_BYTES), previous, long(epoch), ...records, mac]);
  return Buffer.concat([entry, checksumOf(entry)]);
}

/** A complete entry with the right checksum, or `undefined`. */
function entryAt(bytes: Buffer, at: number): LogEntry | undefined {
  if (bytes.length - at < LENGTH_BYTES + SHORTEST) return undefined;
  const length = bytes.readUInt32BE(at);
  const end = at + LENGTH_BYTES + length;
  if (length < SHORTEST || length > LOG_ENTRY_BYTES || end > bytes.length) return undefined;
  const covered = bytes.subarray(at, end - CHECKSUM_BYTES);
  if (!checksumOf(covered).equals(bytes.subarray(end - CHECKSUM_BYTES, end))) return undefined;
  const reader = new ByteReader(covered.subarray(LENGTH_BYTES));
  const previous = reader.take(MAC_BYTES);
  const epoch = reader.long();
  const records = reader.take(reader.left - MAC_BYTES);
  return { previous, epoch, records, mac: reader.take(MAC_BYTES), end };
}

/** Whether a complete entry that follows an unknown one starts at any byte from `from` on: then what it follows is damaged. */
function hasUnknownEntry(bytes: Buffer, from: number, known: ReadonlySet<string>): boolean {
  for (let at = from; at <= bytes.length - LENGTH_BYTES - SHORTEST; at++) {
    const entry = entryAt(bytes, at);
    if (entry !== undefined && !known.has(entry.previous.toString("hex"))) return true;
  }
  return false;
}

function macOf(previous: Buffer, epoch: number, frames: readonly Frame[], key: Uint8Array): Buffer {
  return hmac(key, previous, long(epoch), Buffer.concat(frames.map((frame) => frame.hash)));
}

function checksumOf(bytes: Buffer): Buffer {
  return sha256(bytes).subarray(0, CHECKSUM_BYTES);
}
