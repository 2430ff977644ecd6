import { type ByteSize, toBytes } from "@seaworthy/core";
import { checkOptions } from "@seaworthy/core/options";
import { inRange, type Measure } from "./internal/measure.ts";
import type { Schema } from "./internal/zod.ts";

/** Options of {@link byteSizeText}. */
export interface ByteSizeTextOptions {
  /** The least that is let through. @default 0 */
  min?: ByteSize;
  /** The most that is let through. @default `"1tib"` */
  max?: ByteSize;
}

const MOST = "1tib";
const MEASURE: Measure = {
  convert: (text) => toBytes(text),
  code: "byte_size",
  message: "must be a size such as 512b, 10mb or 64kib",
};

/**
 * A schema for an amount of data as text (`"10mb"`, `"64kib"`), which it gives out in bytes.
 *
 * Prevents the accident of a bare `10` that means bytes here and megabytes there, and of `mb` and `mib` taken for one
 * another: text without a unit is refused. Codes: `byte_size`, `too_big`, `too_small`.
 *
 * @throws TypeError when an option is no size
 * @example
 * ```ts
 * import { byteSizeText } from "@seaworthy/validators";
 * console.log(byteSizeText({ max: "1gib" }).parse("64kib")); // 65536
 * ```
 */
export function byteSizeText(options: ByteSizeTextOptions = {}): Schema<number, string> {
  checkOptions("byteSizeText", options, ["min", "max"]);
  const { min = 0, max = MOST } = options;
  return inRange(MEASURE, toBytes(min, "min"), toBytes(max, "max"), { min, max });
}
