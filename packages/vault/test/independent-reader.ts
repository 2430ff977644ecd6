// Written from docs/explanation/vault-format.md, sharing no code with the package: what this cannot read, the page does not say.
import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync } from "node:crypto";
import { readFileSync } from "node:fs";
import argon2 from "argon2";

const sha = (bytes: Uint8Array): Buffer => createHash("sha256").update(bytes).digest();
const hmac = (key: Uint8Array, bytes: Uint8Array): Buffer => createHmac("sha256", key).update(bytes).digest();
const hkdf = (key: Uint8Array, salt: Uint8Array, info: Uint8Array | string): Buffer =>
  Buffer.from(hkdfSync("sha256", key, salt, info, 32));

const keyFor = (key: Uint8Array, vaultId: Uint8Array, purpose: string): Buffer =>
  hkdf(key, vaultId, `seaworthy-vault/1 ${purpose}`);

function L(...parts: readonly (string | number | Uint8Array)[]): Buffer {
  const blocks = parts.map((part) => {
    if (typeof part !== "number") return Buffer.from(part as string);
    const block = Buffer.alloc(8);
    block.writeBigUInt64BE(BigInt(part));
    return block;
  });
  return Buffer.concat(
    blocks.flatMap((block) => [Buffer.from(block.length.toString(16).padStart(8, "0"), "hex"), block]),
  );
}

class Cursor {
  at = 0;
  readonly bytes: Buffer;
  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }
  take(length: number): Buffer {
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
  number(length: number): number {
    return Number(`0x${this.take(length).toString("hex")}`);
  }
}

function openGcm(key: Uint8Array, nonce: Uint8Array, box: Buffer, data: Uint8Array): Buffer {
  const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: 16 });
  decipher.setAAD(data).setAuthTag(box.subarray(-16));
  return Buffer.concat([decipher.update(box.subarray(0, -16)), decipher.final()]);
}

/** C2SP XAES-256-GCM, in numbers instead of bytes. */
function openXaes(key: Uint8Array, wrapped: Buffer, data: Uint8Array): Buffer {
  const block = (input: bigint): bigint => {
    const cipher = createCipheriv("aes-256-ecb", key, null).setAutoPadding(false);
    return BigInt(`0x${cipher.update(input.toString(16).padStart(32, "0"), "hex", "hex")}`);
  };
  const doubled = block(0n) << 1n;
  const k1 = doubled >> 128n === 0n ? doubled : (doubled & ((1n << 128n) - 1n)) ^ 0x87n;
  const half = (counter: bigint): string => {
    const message = (counter << 112n) | (0x58n << 104n) | BigInt(`0x${wrapped.toString("hex", 0, 12)}`);
    return block(message ^ k1)
      .toString(16)
      .padStart(32, "0");
  };
  return openGcm(Buffer.from(half(1n) + half(2n), "hex"), wrapped.subarray(12, 24), wrapped.subarray(24), data);
}

/** The input of a slot's HKDF, or `undefined` where the credential is of another kind. */
async function inputOf(kind: number, text: string, credential: Credential) {
  const [, , , cost = ""] = text.split("$");
  const salt = Buffer.from(text.split("$").at(-1) as string, "base64");
  if (kind !== 1 || credential.password === undefined) return { salt, input: kind === 1 ? undefined : credential.raw };
  const [memoryCost = 0, timeCost = 0, parallelism = 0] = cost.split(",").map((part) => Number(part.slice(2)));
  const options = {
    type: argon2.argon2id,
    memoryCost,
    timeCost,
    parallelism,
    salt,
    hashLength: 32,
    raw: true,
  } as const;
  return { salt, input: await argon2.hash(credential.password.normalize("NFKC"), options) };
}

function splitRecords(bytes: Buffer): Buffer[] {
  const cursor = new Cursor(bytes);
  const records: Buffer[] = [];
  while (cursor.at < bytes.length) {
    const begin = cursor.at;
    cursor.take(cursor.number(4));
    records.push(bytes.subarray(begin, cursor.at));
  }
  return records;
}

interface Credential {
  password?: string;
  /** The bytes of a raw key or of a recovery code. */
  raw?: Buffer;
}

/** Values by `name@version`. @throws Error if a checksum, a commitment or the MAC is another */
export async function readVault(
  path: string,
  credential: Credential,
): Promise<{ epoch: number; values: Map<string, string> }> {
  const file = readFileSync(path);
  const head = new Cursor(file);
  const [magic, headEpoch] = [head.take(8).toString(), head.number(8)];
  head.take(8);
  const logId = head.take(16);
  const [id, keyId] = [head.take(16), head.take(16)];
  head.take(8);
  const root = await openRoot(head, id, credential);
  const segments = readSegments(head, path);
  const covered = file.subarray(0, head.at);
  const tail = splitRecords(head.take(head.number(4)));
  const mac = hmac(keyFor(root, id, "manifest"), Buffer.concat([covered, ...tail.map(sha)]));
  const isAuthentic = mac.equals(head.take(32));
  const isWhole = sha(file.subarray(0, head.at)).equals(head.take(32)) && head.at === file.length;
  const isOurs = magic === "SWVAULT2" && keyFor(root, id, "key id").subarray(0, 16).equals(keyId);
  if (!isAuthentic || !isWhole || !isOurs) throw new Error("another head");
  const log = readLog(path, logId, headEpoch, keyFor(root, id, "log"));
  const values = fold([...segments, ...tail, ...log.records], id, keyFor(root, id, "data keys"));
  return { epoch: log.epoch, values };
}

/** The records of the log's accepted entries; damage behind a write that was cut short is looked for by the first reader alone. */
function readLog(path: string, id: Buffer, headEpoch: number, key: Buffer): { epoch: number; records: Buffer[] } {
  const records: Buffer[] = [];
  let epoch = headEpoch;
  if (id.equals(Buffer.alloc(16))) return { epoch, records };
  const log = new Cursor(readFileSync(`${path}.d/l${id.toString("hex")}`));
  let last: Buffer = Buffer.concat([id, Buffer.alloc(16)]);
  while (log.bytes.length - log.at >= 4) {
    const begin = log.at;
    const length = log.number(4);
    const entry = new Cursor(log.take(length));
    const checksum = sha(log.bytes.subarray(begin, log.at - 8)).subarray(0, 8);
    if (!checksum.equals(entry.bytes.subarray(-8))) break;
    const previous = entry.take(32);
    if (!previous.equals(last)) continue;
    const [entryEpoch, body, mac] = [entry.take(8), entry.take(length - 80), entry.take(32)];
    if (body.length === 0) break;
    const own = splitRecords(body);
    if (!hmac(key, Buffer.concat([previous, entryEpoch, ...own.map(sha)])).equals(mac)) throw new Error("another log");
    records.push(...own);
    epoch = Number(`0x${entryEpoch.toString("hex")}`);
    last = mac;
  }
  return { epoch, records };
}

/** The keys that an open vault works with, for a search for copies of them. */
export async function keysOf(path: string, credential: Credential): Promise<Record<string, Buffer>> {
  const head = new Cursor(readFileSync(path));
  head.take(40);
  const id = head.take(16);
  head.take(24);
  const { root, kek } = await openSlot(head, id, credential);
  const [manifest, log, data, slots] = ["manifest", "log", "data keys", "slot keys"].map((purpose) =>
    keyFor(root, id, purpose),
  );
  return { root, manifest, log, data, slots, kek } as Record<string, Buffer>;
}

async function openRoot(head: Cursor, id: Buffer, credential: Credential): Promise<Buffer> {
  return (await openSlot(head, id, credential)).root;
}

async function openSlot(head: Cursor, id: Buffer, credential: Credential): Promise<{ root: Buffer; kek: Buffer }> {
  let opened: { root: Buffer; kek: Buffer } | undefined;
  for (let left = head.number(1); left > 0; left--) {
    const slot = new Cursor(head.take(head.number(2)));
    const [slotId, kind, created] = [slot.take(8), slot.number(1), slot.number(8)];
    const text = slot.take(slot.number(1)).toString();
    const [commitment, wrapped, kept] = [slot.take(32), slot.take(72), slot.take(72)];
    const context = L(id, slotId, kind, created, text);
    const { salt, input } = await inputOf(kind, text, credential);
    if (input === undefined) continue;
    const kek = hkdf(input, salt, L("seaworthy-vault/1 slot", context));
    if (!hmac(keyFor(kek, id, "slot commitment"), context).equals(commitment)) continue;
    const root = openXaes(keyFor(kek, id, "slot wrap"), wrapped, context);
    if (!openXaes(keyFor(root, id, "slot keys"), kept, context).equals(kek)) throw new Error("another key is kept");
    opened = { root, kek };
  }
  if (opened === undefined) throw new Error("no slot opens");
  return opened;
}

function readSegments(head: Cursor, path: string): Buffer[] {
  const records: Buffer[] = [];
  for (let left = head.number(2); left > 0; left--) {
    const [name, length, count] = [head.take(16).toString("hex"), head.number(4), head.number(4)];
    const bytes = readFileSync(`${path}.d/s${name}`);
    const own = splitRecords(bytes);
    const isSame = sha(Buffer.concat(own.map(sha))).equals(head.take(32));
    if (!isSame || bytes.length !== length || own.length !== count) throw new Error("another segment");
    records.push(...own);
  }
  return records;
}

function fold(records: readonly Buffer[], id: Buffer, key: Buffer): Map<string, string> {
  const values = new Map<string, string>();
  for (const bytes of records) {
    const record = new Cursor(bytes);
    record.take(4);
    const type = record.number(1);
    const name = record.take(record.number(2)).toString();
    const version = type === 2 ? Number.POSITIVE_INFINITY : record.number(4);
    if (type !== 1) {
      for (const known of values.keys()) {
        const at = known.lastIndexOf("@");
        const other = Number(known.slice(at + 1));
        if (known.slice(0, at) === name && (type === 4 ? other === version : other < version)) values.delete(known);
      }
      continue;
    }
    const times = [record.number(8), record.number(8), record.number(8)];
    const context = L(id, name, version, ...times, record.take(record.number(2)));
    const dataKey = openXaes(key, record.take(72), L("data key", context));
    const value = openGcm(dataKey, record.take(12), record.take(record.number(4)), L("value", context));
    values.set(`${name}@${version}`, value.toString());
  }
  return values;
}
