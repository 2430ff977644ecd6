import { type ByteSize, toBytes } from "@seaworthy/core";
import { type Measure, measureText } from "./internal/measure.ts";
import type { Schema } from "./internal/zod.ts";

/** Options of {@link byteSizeText}. */
export interface ByteSizeTextOptions {
  /** The smallest accepted size. @default 0 */
  min?: ByteSize;
  /** The largest accepted size. @default "1tib" */
  max?: ByteSize;
}

const BYTE_SIZE: Measure = {
  owner: "byteSizeText",
  convert: toBytes,
  most: "1tib",
  code: "byte_size",
  message: "must be a size such as 512b, 10mb or 64kib",
};

/**
 * A schema for an amount of data as a string (`"10mb"`, `"64kib"`). The output is in bytes.
 *
 * Prevents a bare `10` from meaning bytes here and megabytes there, and `mb` from being confused with `mib`: a string
 * without a unit is refused. Codes: `byte_size`, `too_big`, `too_small`.
 *
 * The field `byteSize()` of `@seaworthy/config` is for values of your own configuration: it also accepts a number of
 * bytes, and its errors name the variable and the file.
 *
 * @throws TypeError if an option is unknown or not a size, or `min` is more than `max`
 * @example
 * ```ts
 * import { byteSizeText } from "@seaworthy/validators";
 * console.log(byteSizeText({ max: "1gib" }).parse("64kib")); // 65536
 * ```
 */
export function byteSizeText(options: ByteSizeTextOptions = {}): Schema<number, string> {
  return measureText(BYTE_SIZE, options);
}
