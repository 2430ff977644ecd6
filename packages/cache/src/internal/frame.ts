import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { crc32, deflateRaw, inflateRaw } from "node:zlib";
import type { Codec } from "../codec.ts";
import type { CacheKey } from "../keys.ts";
import type { KeyRing } from "./key-ring.ts";

/** What is kept with a value. Times are milliseconds, `createdAt` by the clock of the store. */
export interface FrameFacts {
  readonly createdAt: number;
  readonly ttl: number;
  readonly staleFor: number;
  readonly staleIfError: number;
  readonly loadTime: number;
  readonly position: number;
  readonly tags: readonly string[] | undefined;
}

/** A frame that was read. */
export interface ReadFrame extends FrameFacts {
  readonly value: unknown;
  /** Its length in UTF-16 units. */
  readonly length: number;
}

/** Why a frame cannot be used. */
export type FrameFlaw = "foreign" | "version" | "corrupt" | "key";

/** A frame that was read, or why it cannot be used. */
export type Decoded = ReadFrame | FrameFlaw;

/** How frames are written. */
export interface FrameSettings {
  readonly codec: Codec;
  /** The host's version of its values. */
  readonly version: string;
  readonly compressAbove: number;
  readonly keys: KeyRing | undefined;
}

const FORMAT = "sw1";
const OTHER_FORMAT = /^sw\d{1,4};/;
// What is decompressed may not become larger than this.
const MOST_INFLATED = 256 * 1024 * 1024;
const NONCE = 12;
const TAG = 16;
const deflate = promisify(deflateRaw);
const inflate = promisify(inflateRaw);

/**
 * Writes and reads what the remote tier keeps: one string, so that any client brings it back unchanged.
 *
 *     sw1;<crc32 of the rest>;<flags>;<version>;<codec>;<key id>;<created>;<ttl>;<stale>;<error>;<load>;<position>;<tags>\n<payload>
 *
 * Flags: `n` no value, `b` the codec's data was bytes, `z` compressed, `e` encrypted. With the last three, the payload is
 * base64. The key of the entry and the head are authenticated if the payload is encrypted.
 */
export class Frames {
  readonly #settings: FrameSettings;
  readonly #version: string;
  readonly #codec: string;

  constructor(settings: FrameSettings) {
    this.#settings = settings;
    this.#version = encodeURIComponent(settings.version);
    this.#codec = encodeURIComponent(settings.codec.id);
  }

  /** Rejects with what the codec or the key port fails with. */
  async encode(name: string, value: unknown, facts: FrameFacts): Promise<string> {
    const { codec, compressAbove, keys } = this.#settings;
    if (value === undefined) return sealed(`n;${this.#head("", facts)}\n`);
    const data = codec.encode(value);
    const isText = typeof data === "string";
    let flags = isText ? "" : "b";
    let bytes = isText ? undefined : Buffer.from(data);
    if ((bytes?.length ?? data.length) >= compressAbove) {
      bytes = await deflate(bytes ?? data);
      flags += "z";
    }
    if (keys === undefined) {
      const payload = bytes === undefined ? data.toString() : bytes.toString("base64");
      return sealed(`${flags};${this.#head("", facts)}\n${payload}`);
    }
    const key = await keys.current();
    const head = `${flags}e;${this.#head(encodeURIComponent(key.id), facts)}`;
    const encrypted = encrypt(key, `${name}\n${head}`, bytes ?? Buffer.from(data.toString()));
    return sealed(`${head}\n${encrypted.toString("base64")}`);
  }

  /** Returns a promise only if the frame is compressed or encrypted. Never throws, and never rejects. */
  decode(name: string, frame: string): Decoded | Promise<Decoded> {
    try {
      const read = this.#read(name, frame);
      return read instanceof Promise ? read.catch(() => "corrupt") : read;
    } catch {
      return "corrupt";
    }
  }

  #read(name: string, frame: string): Decoded | Promise<Decoded> {
    if (!frame.startsWith(`${FORMAT};`)) return OTHER_FORMAT.test(frame) ? "version" : "foreign";
    const start = frame.indexOf(";", FORMAT.length + 1) + 1;
    const end = frame.indexOf("\n", start);
    if (start === 0 || end < 0) return "corrupt";
    if (checksum(frame.slice(start)) !== frame.slice(FORMAT.length + 1, start - 1)) return "corrupt";
    const head = frame.slice(start, end);
    const [flags = "", version, codec, key = "", ...figures] = head.split(";");
    if (version !== this.#version || codec !== this.#codec) return "version";
    const facts = factsOf(figures);
    if (facts === undefined) return "corrupt";
    if (flags === "n") return { ...facts, value: undefined, length: frame.length };
    // A value that anyone could have written is not mixed with encrypted ones.
    if (flags.includes("e") !== (this.#settings.keys !== undefined)) return "key";
    const payload = frame.slice(end + 1);
    const done = (value: unknown): Decoded => (value === NO_KEY ? "key" : { ...facts, value, length: frame.length });
    if (flags === "") return done(this.#settings.codec.decode(payload));
    return this.#value({ flags, payload, key, aad: `${name}\n${head}` }).then(done);
  }

  #head(key: string, facts: FrameFacts): string {
    const { createdAt, ttl, staleFor, staleIfError, loadTime, position, tags } = facts;
    const figures = [createdAt, ttl, staleFor, staleIfError, loadTime].map((figure) => Math.round(figure)).join(";");
    const tagged = tags === undefined ? "" : tags.map(encodeURIComponent).join(",");
    return `${this.#version};${this.#codec};${key};${figures};${position};${tagged}`;
  }

  async #value(sent: { flags: string; payload: string; key: string; aad: string }): Promise<unknown> {
    const { flags, payload, key: id, aad } = sent;
    const { codec, keys } = this.#settings;
    let bytes: Buffer = Buffer.from(payload, "base64");
    if (flags.includes("e")) {
      const key = await keys?.find(decodeURIComponent(id));
      if (key === undefined) return NO_KEY;
      const decrypted = decrypt(key, aad, bytes);
      if (decrypted === undefined) return NO_KEY;
      bytes = decrypted;
    }
    if (flags.includes("z")) bytes = await inflate(bytes, { maxOutputLength: MOST_INFLATED });
    return codec.decode(flags.includes("b") ? bytes : bytes.toString());
  }
}

const NO_KEY: unique symbol = Symbol("seaworthy.no-key");

const checksum = (rest: string): string => crc32(rest).toString(36);

const sealed = (rest: string): string => `${FORMAT};${checksum(rest)};${rest}`;

function factsOf(figures: readonly string[]): FrameFacts | undefined {
  const tagged = figures[6];
  if (figures.length !== 7 || tagged === undefined) return undefined;
  const [createdAt = 0, ttl = 0, staleFor = 0, staleIfError = 0, loadTime = 0, position = 0] = figures.map(Number);
  const numbers = [createdAt, ttl, staleFor, staleIfError, loadTime, position];
  if (!numbers.every((number) => number >= 0 && number < Number.POSITIVE_INFINITY)) return undefined;
  const tags = tagged === "" ? undefined : tagged.split(",").map(decodeURIComponent);
  return { createdAt, ttl, staleFor, staleIfError, loadTime, position, tags };
}

function encrypt(key: CacheKey, aad: string, bytes: Buffer): Buffer {
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv("aes-256-gcm", key.bytes, nonce);
  cipher.setAAD(Buffer.from(aad));
  return Buffer.concat([nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
}

/** Returns `undefined` if the bytes were not encrypted with this key for this entry. */
function decrypt(key: CacheKey, aad: string, bytes: Buffer): Buffer | undefined {
  try {
    const decipher = createDecipheriv("aes-256-gcm", key.bytes, bytes.subarray(0, NONCE), { authTagLength: TAG });
    decipher.setAAD(Buffer.from(aad));
    decipher.setAuthTag(bytes.subarray(-TAG));
    return Buffer.concat([decipher.update(bytes.subarray(NONCE, -TAG)), decipher.final()]);
  } catch {
    return undefined;
  }
}
