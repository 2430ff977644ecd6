import { showValue } from "@seaworthy/core/options";

/**
 * Reads a `pretty` option.
 *
 * @throws TypeError if it is not `true`, `false` or `"auto"`
 */
export function toPretty(value: unknown, name: string): boolean | "auto" {
  if (typeof value !== "boolean" && value !== "auto")
    throw new TypeError(`${name} must be true, false or "auto"; got ${showValue(value)}`);
  return value;
}

/** Whether lines are formatted for people; `"auto"` means on a terminal outside production. */
export function wantsPretty(pretty: boolean | "auto", isTerminal: boolean): boolean {
  return pretty === "auto" ? isTerminal && process.env.NODE_ENV !== "production" : pretty;
}
