import { REDACTED } from "./internal/redacted.ts";
import { isSensitiveKey } from "./sensitive-key.ts";

// A scan looks no further than this for the host behind a password, or for the start of a parameter's name.
const LONGEST_AUTHORITY = 512;
const LONGEST_NAME = 64;
// A user name of this length in a URL without a password is a token, as in https://ghp_…@github.com.
const LONGEST_USER = 20;
// Parameters that sign a URL; under these names a field holds a checksum more often than a credential.
const SIGNATURES: ReadonlySet<string> = new Set(["sig", "signature", "x-amz-signature", "x-goog-signature"]);
// Words that are counted or described in text: "pass=3 fail=1", "auth=none".
const COMMON: ReadonlySet<string> = new Set(["auth", "pass", "pin"]);

/** Whether a character may stand in the name of a parameter. */
const isNameUnit = (unit: number): boolean =>
  (unit >= 97 && unit <= 122) ||
  (unit >= 65 && unit <= 90) ||
  (unit >= 48 && unit <= 57) ||
  unit === 45 || // -
  unit === 46 || // .
  unit === 91 || // [
  unit === 93 || // ]
  unit === 95; // _

/** Whether a text ends here: white space, or a quotation mark or angle bracket around it. */
const isEnd = (unit: number): boolean => unit <= 32 || unit === 34 || unit === 60 || unit === 62;

/** Whether {@link blankCredentials} would change the text. Works for a line of JSON too, whose texts end at quotation marks. */
export function holdsCredentials(text: string): boolean {
  // Most texts have neither sign, and nothing is found faster than a single character.
  return (
    (text.includes("@") && search(text, "://", 0, passwordAt) !== undefined) ||
    (text.includes("=") && search(text, "=", 0, valueAt) !== undefined)
  );
}

/**
 * `text` without the passwords of URLs (`postgres://app:…@db`), and without the values of parameters that are called
 * like a credential (`?access_token=…`, `password=…`), each replaced by `[redacted]`.
 */
export function blankCredentials(text: string): string {
  let inUrl = text.includes("@") ? search(text, "://", 0, passwordAt) : undefined;
  let inParameter = search(text, "=", 0, valueAt);
  let blanked = "";
  let done = 0;
  for (;;) {
    const range =
      inParameter === undefined || (inUrl !== undefined && inUrl[0] <= inParameter[0]) ? inUrl : inParameter;
    if (range === undefined) break;
    blanked += text.slice(done, range[0]) + REDACTED;
    done = range[1];
    // Only what lies behind is looked for again, so that the whole takes one pass for each sign.
    if (inUrl !== undefined && inUrl[0] < done) inUrl = search(text, "://", done, passwordAt);
    if (inParameter !== undefined && inParameter[0] < done) inParameter = search(text, "=", done, valueAt);
  }
  return done === 0 ? text : blanked + text.slice(done);
}

type Range = readonly [start: number, end: number];

function search(
  text: string,
  sign: string,
  from: number,
  rangeAt: (text: string, at: number, from: number) => Range | undefined,
): Range | undefined {
  for (let at = text.indexOf(sign, from); at >= 0; at = text.indexOf(sign, at + sign.length)) {
    const range = rangeAt(text, at, from);
    if (range !== undefined && !text.startsWith(REDACTED, range[0])) return range;
  }
  return undefined;
}

/** The password of the URL whose `://` is at `at`, or its user name if that is a token. */
function passwordAt(text: string, at: number): Range | undefined {
  if (at === 0 || !isNameUnit(text.charCodeAt(at - 1))) return undefined;
  const start = at + 3;
  const most = Math.min(text.length, start + LONGEST_AUTHORITY);
  let colon = -1;
  let sign = -1;
  for (let i = start; i < most; i++) {
    const unit = text.charCodeAt(i);
    if (isEnd(unit)) break;
    if (unit === 64) sign = i;
    else if (unit === 58 && colon < 0 && sign < 0) colon = i;
    else if (unit === 47 || unit === 63 || unit === 35) {
      // A password may hold these, though it should not; what comes after a host and its port is not a password.
      if (sign >= 0 || colon < 0 || /^\d*$/.test(text.slice(colon + 1, i))) break;
    }
  }
  if (sign < 0) return undefined;
  if (colon >= 0) return colon + 1 < sign ? [colon + 1, sign] : undefined;
  return sign - start >= LONGEST_USER ? [start, sign] : undefined;
}

/** The value of the parameter whose `=` is at `at`, if its name is that of a credential. */
function valueAt(text: string, at: number, from: number): Range | undefined {
  let start = at;
  const least = Math.max(from, at - LONGEST_NAME);
  while (start > least && isNameUnit(text.charCodeAt(start - 1))) start--;
  if (start === at) return undefined;
  const before = start === 0 ? "" : text[start - 1];
  const inUrl = before === "?" || before === "&" || before === "#";
  const name = text.slice(start, at);
  if (inUrl ? !isSensitiveKey(name) && !SIGNATURES.has(name.toLowerCase()) : !isSensitiveKey(name) || COMMON.has(name))
    return undefined;
  return valueRange(text, at + 1);
}

function valueRange(text: string, start: number): Range | undefined {
  const first = text.charCodeAt(start);
  if (Number.isNaN(first) || first === 61 || isEnd(first) !== (first === 34)) return undefined;
  if (first === 34 || first === 39) {
    const end = text.indexOf(first === 34 ? '"' : "'", start + 1);
    if (end > start + 1 && first === 39) return [start + 1, end];
    // In a line of JSON this quotation mark ends the text.
    return end > start + 1 && !/^[,}\]]/.test(text.slice(start + 1, start + 2)) ? [start + 1, end] : undefined;
  }
  let end = start;
  for (; end < text.length; end++) {
    const unit = text.charCodeAt(end);
    if (isEnd(unit) || unit === 38 || unit === 59 || unit === 35) break; // & ; #
  }
  return end > start ? [start, end] : undefined;
}
