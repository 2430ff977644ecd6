import { deserialize, serialize } from "node:v8";

/** Turns values into what the remote tier keeps, and back. */
export interface Codec {
  /** Is kept with each value. A value with another id is a miss. 1 to 64 characters. */
  readonly id: string;
  /** What it throws is reported, and the value stays in memory only. */
  encode(value: unknown): string | Uint8Array;
  /** Receives what `encode` has returned: a string if it was a string. What it throws makes the value a miss. */
  decode(data: string | Uint8Array): unknown;
}

/**
 * JSON, which is the default. What JSON does not have, it changes or loses: a `Date` becomes a string, a `Map` becomes an
 * empty object. While `freeze` is on, a process warning says so once per cache.
 */
export const jsonCodec: Codec = Object.freeze({
  id: "json",
  encode(value: unknown) {
    const text: string | undefined = JSON.stringify(value);
    if (text === undefined) throw new TypeError(`JSON has no form of ${typeof value}`);
    return text;
  },
  decode: (data: string | Uint8Array): unknown => JSON.parse(data.toString()),
});

/**
 * The structured clone algorithm, by `node:v8`: `Date`, `Map`, `Set`, `RegExp`, `BigInt`, typed arrays and cycles stay what
 * they are. Take it only if no other program can write into the store: its decoder is not made for hostile input.
 */
export const structuredCodec: Codec = Object.freeze({
  id: "v8",
  encode: (value: unknown) => new Uint8Array(serialize(value)),
  decode(data: string | Uint8Array): unknown {
    if (typeof data === "string") throw new TypeError("structured values are bytes");
    return deserialize(data);
  },
});
