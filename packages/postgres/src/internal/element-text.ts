import { showValue } from "@seaworthy/core/options";

/**
 * A value as the text that PostgreSQL reads it from, as an element of a `text[]` that is cast afterwards.
 *
 * @param isArray - whether the column is an array; then an array becomes a literal of PostgreSQL, otherwise JSON
 * @throws TypeError naming the place if the value has no such text
 */
export function elementText(value: unknown, place: string, isArray: boolean): string | null {
  if (value === null || value === undefined) return null;
  switch (typeof value) {
    case "string":
      return value;
    case "number":
      return Object.is(value, -0) ? "-0" : String(value);
    case "bigint":
    case "boolean":
      return String(value);
    case "object":
      return objectText(value, place, isArray);
    default:
      throw new TypeError(`${place} cannot be written to a database; got ${showValue(value)}`);
  }
}

function objectText(value: object, place: string, isArray: boolean): string {
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) throw new TypeError(`${place} must be a valid date; got ${showValue(value)}`);
    return dateText(value);
  }
  if (value instanceof Uint8Array)
    return `\\x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("hex")}`;
  if (isArray && Array.isArray(value)) return arrayLiteral(value, place);
  const text = JSON.stringify(value);
  if (text === undefined) throw new TypeError(`${place} cannot be written to a database; got ${showValue(value)}`);
  return text;
}

/** PostgreSQL reads neither the signed years of ISO 8601 nor a year 0, which is the year 1 BC. */
function dateText(value: Date): string {
  const text = value.toISOString();
  const year = value.getUTCFullYear();
  if (year >= 1 && year <= 9999) return text;
  const rest = text.slice(text.indexOf("-", 1));
  return year > 0 ? `${year}${rest}` : `${String(1 - year).padStart(4, "0")}${rest} BC`;
}

/** An array literal (PostgreSQL documentation, 8.15.6), with every element quoted. */
function arrayLiteral(values: readonly unknown[], place: string): string {
  const elements = values.map((value, index) => {
    const where = `${place}[${index}]`;
    if (Array.isArray(value)) return arrayLiteral(value, where);
    const text = elementText(value, where, true);
    return text === null ? "NULL" : `"${text.replace(/["\\]/g, "\\$&")}"`;
  });
  return `{${elements.join(",")}}`;
}
