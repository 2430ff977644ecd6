import { type ByteSize, toBytes } from "@seaworthy/core";
import { type Measure, measureField } from "../internal/measure-field.ts";
import type { FieldSchema } from "../internal/zod.ts";

/** Options of {@link byteSize}. */
export interface ByteSizeOptions {
  /** The smallest allowed size. @default 0 */
  min?: ByteSize;
  /** The largest allowed size. @default 2^53-1 bytes */
  max?: ByteSize;
}

const BYTE_SIZE: Measure = {
  owner: "byteSize",
  expected: 'a size such as "10mb" or "64kib"',
  type: "integer",
  convert: toBytes,
  units: { gib: 1024 ** 3, gb: 1000 ** 3, mib: 1024 ** 2, mb: 1000 ** 2, kib: 1024, kb: 1000, b: 1 },
};

/**
 * An amount of data. The output is in bytes. The input is a number of bytes, or a string with a unit such as `"10mb"` or
 * `"64kib"`. A string without a unit is refused.
 *
 * For strings that clients send, use `byteSizeText()` of `@seaworthy/validators`.
 *
 * @throws TypeError if an option is unknown or not a size, or `min` is more than `max`
 * @example
 * ```ts
 * import { byteSize } from "@seaworthy/config";
 * console.log(byteSize().parse("64kib")); // 65536
 * ```
 */
export function byteSize(options: ByteSizeOptions = {}): FieldSchema<number, ByteSize> {
  return measureField(BYTE_SIZE, options);
}
