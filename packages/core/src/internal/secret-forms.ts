import { isUtf8 } from "node:buffer";

/** The texts under which one secret turns up, and the longest that any of them can get. */
export interface SecretForms {
  /** Longest first, so that no remainder of one is left standing. */
  readonly needles: readonly string[];
  /** Makes what finds the value percent-encoded, whichever characters of it were. */
  readonly encoded: () => RegExp | undefined;
  /** Whether decoding a text that holds the value percent-encoded may miss the value. */
  readonly isAmbiguous: boolean;
  readonly longest: number;
}

// A secret that is an object is a handful of credentials, not a document.
const MOST_TEXTS = 64;
const DEEPEST = 4;
// A pattern has some 20 characters for each of the value's; what is longer is found as encodeURIComponent writes it.
const LONGEST_PATTERN = 512;
const PLAIN = /^[A-Za-z0-9]*$/;

/** The forms of every text and all bytes in `value` that are at least `shortest` units long. */
export function formsOf(value: unknown, shortest: number): SecretForms | undefined {
  const forms = new Set<string>();
  const encodable: string[] = [];
  let longest = 0;
  for (const part of partsOf(value)) {
    for (const form of typeof part === "string" ? textForms(part) : byteForms(part)) {
      // Blanks alone would blank out every indentation.
      if (form.length >= shortest && form.trim().length >= shortest) forms.add(form);
    }
    if (typeof part !== "string" || part.trim().length < shortest || !isEncodable(part)) continue;
    encodable.push(part);
    longest = Math.max(longest, 3 * Buffer.byteLength(part));
  }
  const needles = [...forms].sort((a, b) => b.length - a.length);
  const [first] = needles;
  if (first === undefined) return undefined;
  let pattern: RegExp | undefined;
  const encoded = (): RegExp | undefined => {
    // Hardly any secret is ever looked for in this form, and the pattern takes long to make.
    if (encodable.length > 0) pattern ??= new RegExp(encodable.map(encodedPattern).join("|"), "gu");
    return pattern;
  };
  // A percent sign that stands for itself, and a blank, which forms write as a plus sign.
  const isAmbiguous = encodable.some((part) => part.includes("%") || part.includes(" "));
  return { needles, encoded, isAmbiguous, longest: Math.max(longest, first.length) };
}

/** Text and bytes, also those in plain objects, lists and URLs. */
function partsOf(value: unknown): (string | Uint8Array)[] {
  const parts: (string | Uint8Array)[] = [];
  const visit = (item: unknown, depth: number): void => {
    if (parts.length >= MOST_TEXTS) return;
    if (typeof item === "string" || item instanceof Uint8Array) parts.push(item);
    else if (item instanceof URL) parts.push(item.href, ...(item.password === "" ? [] : [decoded(item.password)]));
    else if (typeof item === "object" && item !== null && depth > 0 && isPlain(item))
      for (const member of Object.values(item)) visit(member, depth - 1);
  };
  try {
    visit(value, DEEPEST);
  } catch {
    // A getter of the host threw: what came before it is found all the same.
  }
  return parts;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || Array.isArray(value);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a percent sign that stands for itself
  }
}

function textForms(text: string): string[] {
  const forms = [text, JSON.stringify(text).slice(1, -1)];
  // encodeURIComponent throws on lone surrogates; such text has no percent-encoded form to find.
  if (text.isWellFormed() && !PLAIN.test(text))
    forms.push(encodeURIComponent(text), new URLSearchParams([["", text]]).toString().slice(1));
  return forms;
}

function byteForms(value: Uint8Array): string[] {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const base64 = bytes.toString("base64");
  const forms = [bytes.toString("hex"), base64, base64.replace(/=+$/, ""), bytes.toString("base64url")];
  // A password read from a file without an encoding is bytes, but turns up as the text that it is.
  return isUtf8(bytes) ? [...forms, ...textForms(bytes.toString())] : forms;
}

function isEncodable(text: string): boolean {
  return text.length <= LONGEST_PATTERN && text.isWellFormed() && !PLAIN.test(text);
}

/** Each character as it is or percent-encoded: paths, queries, user names and forms encode different ones (RFC 3986). */
function encodedPattern(text: string): string {
  let pattern = "";
  for (const character of text) {
    if (PLAIN.test(character)) pattern += character;
    else pattern += `(?:${literal(character)}|${escapes(character)}${character === " " ? "|\\+" : ""})`;
  }
  return pattern;
}

function literal(character: string): string {
  return `\\u{${character.codePointAt(0)?.toString(16)}}`;
}

/** `text` with its percent-encoded characters as they are; bytes that are not characters become marks. */
export function percentDecoded(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => Buffer.from(run.replaceAll("%", ""), "hex").toString());
}

function escapes(character: string): string {
  const hex = Buffer.from(character).toString("hex");
  return hex.replace(/../g, (byte) => `%${byte.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`)}`);
}
