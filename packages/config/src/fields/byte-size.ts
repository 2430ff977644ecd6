import { type ByteSize, toBytes } from "@seaworthy/core";
import { checkOptions } from "@seaworthy/core/options";
import { createField, type FieldSchema, refuse } from "../internal/zod.ts";

/** Options of {@link byteSize}. */
export interface ByteSizeOptions {
  /** Smallest allowed. @default 0 */
  min?: ByteSize;
  /** Largest allowed. @default 2^53-1 bytes */
  max?: ByteSize;
}

/**
 * An amount of data, as bytes: an integer, or a string with a unit such as `"10mb"` or `"64kib"`. A string without
 * a unit is refused.
 *
 * @throws TypeError if an option is unknown or not a size, or `min` is above `max`
 * @example
 * ```ts
 * import { byteSize } from "@seaworthy/config";
 * console.log(byteSize().parse("64kib")); // 65536
 * ```
 */
export function byteSize(options: ByteSizeOptions = {}): FieldSchema<number, ByteSize> {
  checkOptions("byteSize", options, ["min", "max"]);
  const min = toBytes(options.min ?? 0, "byteSize: min");
  const max = toBytes(options.max ?? Number.MAX_SAFE_INTEGER, "byteSize: max");
  if (min > max) throw new TypeError(`byteSize: min must not be above max; got ${min} and ${max} bytes`);
  const least = options.min === undefined ? "" : ` of at least ${sizeText(min)}`;
  const most = options.max === undefined ? "" : ` of at most ${sizeText(max)}`;
  const expected = `a size such as "10mb" or "64kib"${least}${least && most ? " and" : ""}${most}`;
  const json = { anyOf: [{ type: "string" }, { type: "integer", minimum: min, maximum: max }] };
  const mark = { kind: "byteSize", expected, json, toText };
  return createField(mark, (value) => {
    const bytes = read(value);
    if (bytes !== undefined && bytes >= min && bytes <= max) return bytes;
    const hint = typeof value === "string" && /^\d+$/.test(value) ? { hint: "write a unit after the number" } : {};
    return refuse({ expected, ...hint });
  });
}

function read(value: unknown): number | undefined {
  try {
    return toBytes(value as ByteSize);
  } catch {
    return undefined; // its message quotes the value
  }
}

function toText(value: unknown): string | undefined {
  return typeof value === "number" ? sizeText(value) : undefined;
}

/** Bytes in the largest unit that divides them. */
function sizeText(bytes: number): string {
  const units = { gib: 1024 ** 3, gb: 1000 ** 3, mib: 1024 ** 2, mb: 1000 ** 2, kib: 1024, kb: 1000 };
  for (const [unit, size] of Object.entries(units))
    if (bytes > 0 && bytes % size === 0) return `${bytes / size}${unit}`;
  return `${bytes}b`;
}
