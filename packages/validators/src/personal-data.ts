import { isIPv4 } from "node:net";
import { checkOptions, showValue } from "@seaworthy/core/options";
import { stringArray } from "./internal/options.ts";
import { cardAt, emailAround, ibanAt, ipv6Within, numbersIn } from "./internal/personal-patterns.ts";

/** The kind of personal data that a part of a text looks like. */
export type PersonalDataKind = "email" | "phone" | "card" | "iban" | "ssn" | "ip";

/** The place of something that looks like personal data. The text itself is not copied. */
export interface PersonalDataFinding {
  readonly kind: PersonalDataKind;
  /** Index of its first UTF-16 unit. */
  readonly start: number;
  /** Index after its last UTF-16 unit. */
  readonly end: number;
}

/** Options of {@link findPersonalData} and {@link scrubPersonalData}. */
export interface PersonalDataOptions {
  /** The kinds to find. @default all kinds */
  kinds?: readonly PersonalDataKind[];
}

const OPTIONS = ["kinds"];

type Finder = (text: string) => Generator<PersonalDataFinding>;

// In order of certainty: if two finders match the same place, the first one wins.
const FINDERS: ReadonlyMap<PersonalDataKind, Finder> = new Map<PersonalDataKind, Finder>([
  ["email", findEmails],
  ["iban", findIbans],
  ["card", findCards],
  ["ip", findAddresses],
  ["ssn", findNumbers],
  ["phone", findNumbers],
]);

/**
 * Finds e-mail addresses, phone numbers, payment cards (Luhn), IBANs (ISO 13616 check digits), US social security numbers
 * and IP addresses in free text. The findings are in order and do not overlap.
 *
 * Prevents personal data from reaching logs, prompts and exports through fields such as `message` or `notes`. It judges
 * by form and check digits, so it does not find names or street addresses, and may mistake an order number for a phone
 * number. Use it for warnings, not as a proof that a text has no personal data. The time that it takes is linear in the
 * length of the text, whatever the content.
 *
 * @throws TypeError if `text` is not a string or a kind is unknown
 * @example
 * ```ts
 * import { findPersonalData } from "@seaworthy/validators";
 * console.log(findPersonalData("Write to ada@example.com.")); // [{ kind: "email", start: 9, end: 24 }]
 * ```
 */
export function findPersonalData(text: string, options: PersonalDataOptions = {}): PersonalDataFinding[] {
  if (typeof text !== "string") throw new TypeError(`text must be a string; got ${showValue(text)}`);
  checkOptions("findPersonalData", options, OPTIONS);
  const known: readonly string[] = [...FINDERS.keys()];
  const { kinds: wanted = known } = options;
  const kinds: readonly string[] = stringArray("kinds", wanted);
  for (const kind of kinds) {
    if (!known.includes(kind))
      throw new TypeError(`kinds must be an array of ${known.join(", ")}; got ${showValue(kind)}`);
  }
  // What word processors put between groups of digits. Each unit is replaced by one unit, so that the indexes stay valid.
  const plain = text.replace(/[\u00a0\u2007\u202f]/g, " ").replace(/[\u2010\u2011\u2013]/g, "-");
  const taken = new Uint8Array(text.length);
  const findings: PersonalDataFinding[] = [];
  for (const finder of new Set(FINDERS.values())) {
    for (const finding of finder(plain)) {
      // Another kind has this place already, even if that kind is not reported.
      if (taken.subarray(finding.start, finding.end).includes(1)) continue;
      taken.fill(1, finding.start, finding.end);
      if (kinds.includes(finding.kind)) findings.push(finding);
    }
  }
  return findings.sort((a, b) => a.start - b.start);
}

/**
 * Returns `text` with everything that {@link findPersonalData} finds replaced by its kind in brackets, such as `[email]`.
 *
 * @throws TypeError if `text` is not a string or a kind is unknown
 * @example
 * ```ts
 * import { scrubPersonalData } from "@seaworthy/validators";
 * console.log(scrubPersonalData("Call +49 30 901820 or 4111 1111 1111 1111")); // Call [phone] or [card]
 * ```
 */
export function scrubPersonalData(text: string, options: PersonalDataOptions = {}): string {
  const parts: string[] = [];
  let from = 0;
  for (const { kind, start, end } of findPersonalData(text, options)) {
    parts.push(text.slice(from, start), `[${kind}]`);
    from = end;
  }
  return parts.join("") + text.slice(from);
}

function* findEmails(text: string): Generator<PersonalDataFinding> {
  let from = 0;
  for (let at = text.indexOf("@"); at >= 0; at = text.indexOf("@", at + 1)) {
    const found = emailAround(text, at, from);
    if (found === undefined) continue;
    yield { kind: "email", ...found };
    from = found.end;
  }
}

function* findIbans(text: string): Generator<PersonalDataFinding> {
  for (const { index } of text.matchAll(/(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}/g)) {
    const end = ibanAt(text, index);
    if (end !== undefined) yield { kind: "iban", start: index, end };
  }
}

function* findCards(text: string): Generator<PersonalDataFinding> {
  // Digits after a decimal point belong to a fraction.
  for (const { index } of text.matchAll(/(?<!\d\.?)\d/g)) {
    const end = cardAt(text, index);
    if (end !== undefined) yield { kind: "card", start: index, end };
  }
}

function* findAddresses(text: string): Generator<PersonalDataFinding> {
  for (const { 0: found, index } of text.matchAll(/(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?!\.?\w)/g))
    if (isIPv4(found)) yield { kind: "ip", start: index, end: index + found.length };
  for (const { 0: run, index } of text.matchAll(/[0-9a-fA-F:]{6,}/g)) {
    const span = ipv6Within(run, /\w/.test(text[index - 1] ?? ""), /\w/.test(text[index + run.length] ?? ""));
    if (span !== undefined) yield { kind: "ip", start: index + span.start, end: index + span.end };
  }
}

function* findNumbers(text: string): Generator<PersonalDataFinding> {
  yield* numbersIn(text);
}
