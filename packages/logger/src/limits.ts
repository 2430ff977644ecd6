import { type ByteSize, toBytes } from "@seaworthy/core";
import { checkOptions, integer } from "@seaworthy/core/options";

/** Limits of one line. What is cut is marked where it was cut. */
export interface LimitOptions {
  /** Bytes of a whole line with its line feed, 1 KiB or more. @default "64kib" */
  line?: ByteSize;
  /** Bytes of one field, 256 or more, so that a huge one leaves room for the others. @default half of the line */
  field?: ByteSize;
  /** UTF-16 units kept of one text, at most a quarter of the line. @default 8192 */
  text?: number;
  /** Levels of nesting kept below a field. @default 8 */
  depth?: number;
  /** Members kept of one object or array. @default 100 */
  members?: number;
  /** Values kept of one line in all. @default 2000 */
  values?: number;
}

/** {@link LimitOptions} as plain numbers. */
export type Limits = Readonly<Record<keyof LimitOptions, number>>;

const SMALLEST_LINE = 1024;
const SMALLEST_FIELD = 256;
const DEEPEST = 100;

/**
 * Reads the `limits` option.
 *
 * @throws TypeError when a limit is not a whole number in its bounds
 */
export function toLimits(options: LimitOptions = {}): Limits {
  checkOptions("limits", options, ["line", "field", "text", "depth", "members", "values"]);
  const { line = "64kib", field, text = 8192, depth = 8, members = 100, values = 2000 } = options;
  const bytes = integer("limits.line", toBytes(line, "limits.line"), SMALLEST_LINE);
  return {
    line: bytes,
    field:
      field === undefined ? bytes >> 1 : integer("limits.field", toBytes(field, "limits.field"), SMALLEST_FIELD, bytes),
    text: Math.min(integer("limits.text", text, 16), bytes >> 2),
    depth: Math.min(integer("limits.depth", depth, 1), DEEPEST),
    members: integer("limits.members", members, 1),
    values: integer("limits.values", values, 1),
  };
}
