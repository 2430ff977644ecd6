import { checkOptions, flag } from "@seaworthy/core/options";
import { readInteger } from "../internal/coerce.ts";
import { createField, type FieldSchema, refuse } from "../internal/zod.ts";

/** Options of {@link port}. */
export interface PortOptions {
  /** Whether 0 is allowed, which makes the system choose a free port. @default false */
  ephemeral?: boolean;
}

const OPTIONS = ["ephemeral"];

/**
 * A TCP or UDP port: an integer from 1 to 65535, as a number or as a string of decimal digits. The output is a number.
 * `"0x10"`, `"1e3"`, `"080"`, `"+80"` and `" 80"` are refused, and `""` means that the value is missing.
 *
 * @throws TypeError if an option is unknown or has the wrong type
 * @example
 * ```ts
 * import { port } from "@seaworthy/config";
 * console.log(port().parse("8080")); // 8080
 * ```
 */
export function port(options: PortOptions = {}): FieldSchema<number, number | string> {
  checkOptions("port", options, OPTIONS);
  if (options.ephemeral !== undefined) flag("port: ephemeral", options.ephemeral);
  const lowest = options.ephemeral === true ? 0 : 1;
  const expected = `a port, an integer from ${lowest} to 65535`;
  const mark = { kind: "port", expected, json: { type: "integer", minimum: lowest, maximum: 65_535 } };
  return createField(mark, (value) => {
    const number = typeof value === "string" ? readInteger(value) : value;
    if (typeof number === "number" && Number.isInteger(number) && number >= lowest && number <= 65_535) return number;
    const hint = number === 0 ? { hint: "port({ ephemeral: true }) allows 0" } : {};
    return refuse({ expected, ...hint });
  });
}
