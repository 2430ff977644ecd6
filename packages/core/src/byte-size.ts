import { showValue } from "./internal/show-value.ts";

/** An amount of data: bytes, or text such as `"10mb"` (powers of 1000) or `"64kib"` (powers of 1024, IEC 80000-13). */
export type ByteSize = number | string;

const BYTES: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1000,
  mb: 1000 ** 2,
  gb: 1000 ** 3,
  tb: 1000 ** 4,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  tib: 1024 ** 4,
};
const LONGEST_TEXT = 64;
const SIZE = /^(\d+(?:\.\d+)?)(b|[kmgt]i?b)$/i;

/**
 * Turns a {@link ByteSize} into a number of bytes.
 *
 * A number is a number of bytes: an integer that is not negative. A string has one number and one unit, in either case; a
 * result that is not an integer is rounded. The largest result is `Number.MAX_SAFE_INTEGER`.
 *
 * @param name - what the error calls the value; pass the option's name
 * @throws TypeError that names the option and the value, if the value is not a size
 * @example
 * ```ts
 * import { toBytes } from "@seaworthy/core";
 * console.log(toBytes("64kib")); // 65536
 * ```
 */
export function toBytes(size: ByteSize, name = "size"): number {
  const result = typeof size === "string" ? parse(size) : size;
  if (!Number.isSafeInteger(result) || result < 0) {
    throw new TypeError(
      `${name} must be a number of bytes from 0, or a string such as "10mb" or "64kib"; got ${showValue(size)}`,
    );
  }
  return result;
}

function parse(text: string): number {
  const match = text.length <= LONGEST_TEXT ? SIZE.exec(text) : null;
  if (match === null) return Number.NaN;
  const [, number, unit = ""] = match;
  return Math.round(Number(number) * (BYTES[unit.toLowerCase()] ?? Number.NaN));
}
