import { isIPv6 } from "node:net";

const LOCAL_PART = /[\p{L}\p{N}._%+'-]/u;
const DOMAIN_PART = /[\p{L}\p{N}.-]/u;
const TOP_LEVEL = /^(?:\p{L}{2,}|xn--[a-z0-9-]+)$/iu;
// Endings of file names such as "img@2x.png". None of them is a top-level domain.
const ENDINGS_OF_FILES = new Set(
  "png jpg jpeg gif webp avif svg bmp tiff ico pdf css scss js jsx mjs cjs tsx json html htm xml yaml yml txt csv log".split(
    " ",
  ),
);
const LONGEST_LOCAL = 64;
const LONGEST_DOMAIN = 253;

/** A part of a text, in UTF-16 units. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Finds the e-mail address around the `@` at `at`, not before `from`. A regular expression would try every beginning. */
export function emailAround(text: string, at: number, from: number): Span | undefined {
  let start = at;
  const earliest = Math.max(from, at - LONGEST_LOCAL);
  while (start > earliest && LOCAL_PART.test(text.charAt(start - 1))) start--;
  while (start < at && /[.'%-]/.test(text.charAt(start))) start++;
  let end = at + 1;
  const latest = Math.min(text.length, at + 1 + LONGEST_DOMAIN);
  while (end < latest && DOMAIN_PART.test(text.charAt(end))) end++;
  while (end > at && /[.-]/.test(text.charAt(end - 1))) end--;
  const labels = text.slice(at + 1, end).split(".");
  const last = labels.at(-1)?.toLowerCase() ?? "";
  const isDomain = labels.length > 1 && !labels.includes("") && TOP_LEVEL.test(last) && !ENDINGS_OF_FILES.has(last);
  return start < at && isDomain ? { start, end } : undefined;
}

// Lengths for the countries that use IBANs in payments (ISO 13616 registry, release 99).
const IBAN_LENGTHS = new Map(
  `AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29 ES24 FI18 FO18
  FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25
  MC27 MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 SC31 SE24 SI19 SK24 SM27 ST25
  SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20`
    .split(/\s+/)
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
);

/** Returns the end of the IBAN that begins at `start`. Its groups may be separated by single spaces or hyphens. */
export function ibanAt(text: string, start: number): number | undefined {
  const length = IBAN_LENGTHS.get(text.slice(start, start + 2).toUpperCase());
  if (length === undefined) return undefined;
  let compact = "";
  let at = start;
  for (; compact.length < length; at++) {
    const character = text[at] ?? "";
    if (/^[A-Za-z0-9]$/.test(character)) compact += character.toUpperCase();
    else if (!isSeparator(character) || isSeparator(text[at - 1])) return undefined;
  }
  return /[A-Za-z0-9]/.test(text[at] ?? "") || !hasIbanChecksum(compact) ? undefined : at;
}

function hasIbanChecksum(iban: string): boolean {
  let remainder = 0;
  for (const character of iban.slice(4) + iban.slice(0, 4)) {
    const value = Number.parseInt(character, 36);
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97;
  }
  return remainder === 1;
}

const SEPARATORS = [" ", "-"];

function isSeparator(character: string | undefined): boolean {
  return character !== undefined && SEPARATORS.includes(character);
}

const MOST_CARD_DIGITS = 19;
const LEAST_CARD_DIGITS = 13;

/** Returns the end of the longest payment card number that begins at `start`. It may have single spaces or hyphens in it. */
export function cardAt(text: string, start: number): number | undefined {
  const digits: number[] = [];
  const ends: number[] = [];
  for (let at = start; digits.length < MOST_CARD_DIGITS && at < text.length; at++) {
    const digit = digitAt(text, at);
    if (digit >= 0) {
      digits.push(digit);
      ends.push(at + 1);
    } else if (!isSeparator(text[at]) || digitAt(text, at - 1) < 0) break;
  }
  // Issuers' ranges begin with 2 to 6 (ISO/IEC 7812).
  const [issuer = 0] = digits;
  if (issuer < 2 || issuer > 6) return undefined;
  for (let count = digits.length; count >= LEAST_CARD_DIGITS; count--) {
    const end = ends[count - 1] ?? start;
    if (digitAt(text, end) < 0 && hasLuhnChecksum(digits, count)) return end;
  }
  return undefined;
}

function digitAt(text: string, at: number): number {
  const digit = text.charCodeAt(at) - 0x30;
  return digit >= 0 && digit <= 9 ? digit : -1;
}

function hasLuhnChecksum(digits: readonly number[], count: number): boolean {
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const digit = digits[count - 1 - i] ?? 0;
    const doubled = digit * 2;
    sum += i % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0 && digits.some((digit) => digit !== digits[0]);
}

const SHORTEST_IPV6 = 6;
const LONGEST_IPV6 = 39;

/** Finds the IPv6 address in a run of hexadecimal digits and colons, which may begin or end with a colon of the sentence. */
export function ipv6Within(run: string, wordBefore: boolean, wordAfter: boolean): Span | undefined {
  // In "ip:2001:db8::1" the run is ":2001:db8::1", and in "id:fe80::1" it is everything after the "i".
  let start = wordBefore ? run.indexOf(":") : 0;
  if (start < 0 || wordAfter || (wordBefore && run[start + 1] === ":")) return undefined;
  if (run[start] === ":" && run[start + 1] !== ":") start++;
  const end = run.endsWith(":") && !run.endsWith("::") ? run.length - 1 : run.length;
  const fits = end - start >= SHORTEST_IPV6 && end - start <= LONGEST_IPV6;
  return fits && isIPv6(run.slice(start, end)) ? { start, end } : undefined;
}

const RUN = /(?<![\w+-]|\d\.)(?:\+|\(\+?)?\d(?:[ ()./-]{0,2}\d){6,17}(?![\w])/g;
const SSN_SHAPE = /^\d{3}-\d{2}-\d{4}$/;
const SSN = /^(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}$/;
const DATE = /^(?:\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{4})/;
const NORTH_AMERICAN = /^1[ .-]\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}$/;
const GROUPED = /^\(?\d{2,5}\)?[ ./-]\(?\d{2,4}\)?(?:[ ./-]?\d{2,4}){1,3}$/;

/** Finds phone numbers and US social security numbers. */
export function* numbersIn(text: string): Generator<Span & { kind: "phone" | "ssn" }> {
  for (const { 0: found, index } of text.matchAll(RUN)) {
    const span = { start: index, end: index + found.length };
    if (SSN.test(found)) yield { kind: "ssn", ...span };
    else if (isPhone(found)) yield { kind: "phone", ...span };
  }
}

// Digits without separators are ids or timestamps more often than phone numbers, unless they begin with "+".
function isPhone(text: string): boolean {
  const count = text.replace(/\D/g, "").length;
  if (text.includes("+")) return count >= 7 && count <= 15;
  if (NORTH_AMERICAN.test(text)) return true;
  return count >= 9 && count <= 12 && GROUPED.test(text) && !DATE.test(text) && !SSN_SHAPE.test(text);
}
