import type { SeaworthyError } from "@seaworthy/core";
import { errors } from "../../errors.ts";

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads fields off bytes and never beyond them. Whatever does not fit is `VAULT_CORRUPT`. */
export class ByteReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get at(): number {
    return this.#at;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** A view of the next bytes, not a copy. */
  take(length: number): Buffer {
    if (length > this.left) throw corrupt("cut short");
    const part = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return part;
  }

  whole(size: 1 | 2 | 4): number {
    return this.take(size).readUIntBE(0, size);
  }

  /** Eight bytes, of which JavaScript can hold 53 bits. */
  long(): number {
    const value = this.take(8).readBigUInt64BE();
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw corrupt("a number is too large");
    return Number(value);
  }

  /** Bytes behind a length of `size` bytes, at most `most`. */
  block(size: 1 | 2 | 4, most: number): Buffer {
    const length = this.whole(size);
    if (length > most) throw corrupt("a length is out of bounds");
    return this.take(length);
  }

  /** UTF-8 behind a length; bytes that are not UTF-8 are refused, since two of them would read alike. */
  text(size: 1 | 2 | 4, most: number): string {
    try {
      return UTF8.decode(this.block(size, most));
    } catch (error) {
      throw error instanceof TypeError ? corrupt("text is not UTF-8") : error;
    }
  }

  end(): void {
    if (this.left > 0) throw corrupt("bytes are left over");
  }
}

/** The error for bytes that are not of the format. */
export function corrupt(reason: string, cause?: unknown, facts?: Readonly<Record<string, string>>): SeaworthyError {
  return errors.VAULT_CORRUPT({ reason, ...facts }, cause === undefined ? undefined : { cause });
}
