import { readBoolean } from "../internal/coerce.ts";
import { createField, type FieldSchema, refuse } from "../internal/zod.ts";

/**
 * A switch: a boolean, or one of the strings `true`, `yes`, `on`, `1`, `false`, `no`, `off`, `0` in any case. The output is
 * a boolean. `"false"` is false, `""` means that the value is missing, and any other string is refused.
 *
 * @example
 * ```ts
 * import { flag } from "@seaworthy/config";
 * console.log(flag().parse("off")); // false
 * ```
 */
export function flag(): FieldSchema<boolean, boolean | string> {
  const expected = "true or false (or yes, no, on, off, 1, 0)";
  return createField({ kind: "flag", expected, json: { type: "boolean" } }, (value) => {
    const read = typeof value === "string" ? readBoolean(value) : value;
    return typeof read === "boolean" ? read : refuse({ expected });
  });
}
