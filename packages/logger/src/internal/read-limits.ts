import { toBytes } from "@seaworthy/core";
import { checkOptions, integer } from "@seaworthy/core/options";
import type { LimitOptions } from "../limits.ts";

const OPTIONS = ["line", "field", "text", "depth", "members", "values"];
/** The `limits` option as plain numbers. */
export type Limits = Readonly<Record<keyof LimitOptions, number>>;

const SMALLEST_LINE = 1024;
const SMALLEST_FIELD = 256;
const DEEPEST = 100;

/**
 * Reads the `limits` option.
 *
 * @throws TypeError if a limit is not an integer within its bounds
 */
export function toLimits(options: LimitOptions = {}): Limits {
  checkOptions("limits", options, OPTIONS);
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
