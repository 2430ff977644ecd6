import { checkOptions } from "@seaworthy/core/options";

/** How a refused value appears in a `TypeError`: its kind, and its text only where it cannot be a credential. */
export function shown(value: unknown): string {
  if (value === null) return "null";
  if (typeof value === "number" || typeof value === "boolean" || value === undefined) return String(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "string") return `a string of ${value.length} characters`;
  if (typeof value === "function") return "a function";
  return Array.isArray(value) ? "an array" : "an object";
}

/** The kind of a refused value that may be a credential in the wrong place: a number could be one, too. */
export function kindOf(value: unknown): string {
  return typeof value === "number" ? "a number" : shown(value);
}

/** `checkOptions` for options that hold a credential: `unlock("my password")` must not put the password into a message. */
export function checkCredentials(owner: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== "object") throw new TypeError(`${owner}: options must be an object; got ${kindOf(options)}`);
  checkOptions(owner, options, known);
}
