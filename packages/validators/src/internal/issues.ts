import { scrubSecrets } from "@seaworthy/core";
import { cutText, scrubAndCut } from "@seaworthy/core/redaction";
import type { ValidationIssue } from "../errors.ts";
import { quotableTexts } from "./quotable-texts.ts";
import type { RawIssue } from "./raw-issue.ts";

/** The most issues of one error. */
export const MOST_ISSUES = 100;

const LONGEST_POINTER = 512;
const LONGEST_MESSAGE = 300;
// A cut text ends with a mark that says how much is missing. The mark has to fit too.
const LONGEST_MARK = 20;
const CODE = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;
const UNSPECIFIC = "is not valid";

/** Converts an issue of a schema library to one of this package, without any value of the input. */
export function cleanIssue(issue: RawIssue, input: unknown): ValidationIssue {
  // Not `path.map`: the paths of arktype are a subclass of Array, whose `map` does not return plain keys.
  const keys = Array.from(issue.path ?? [], keyOf);
  const code = [issue.code, issue.type].find((name) => typeof name === "string" && CODE.test(name));
  const message = safeMessage(issue, quotableTexts(issue, keys, input));
  return { path: pointer(keys), code: typeof code === "string" ? code : "invalid", message };
}

/** A JSON Pointer (RFC 6901). */
export function pointer(keys: readonly PropertyKey[]): string {
  let text = "";
  for (const key of keys) {
    // Scrubbed before it is escaped: a secret with a slash in it would not be found afterwards.
    text += `/${scrubAndCut(String(key), LONGEST_POINTER).replaceAll("~", "~0").replaceAll("/", "~1")}`;
    if (text.length > LONGEST_POINTER) break;
  }
  return cut(text, LONGEST_POINTER);
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : cutText(text, most - LONGEST_MARK);
}

// Standard Schema allows a key, or an object that holds a key.
function keyOf(segment: unknown): PropertyKey {
  const key = typeof segment === "object" && segment !== null && "key" in segment ? segment.key : segment;
  return typeof key === "string" || typeof key === "number" || typeof key === "symbol" ? key : "?";
}

/** The first of three messages that does not quote the input: the library's, what it expected, and a general one. */
function safeMessage(issue: RawIssue, quotable: readonly string[]): string {
  const expected = typeof issue.expected === "string" ? `Expected ${issue.expected}` : UNSPECIFIC;
  for (const candidate of [issue.message, expected]) {
    if (typeof candidate !== "string" || candidate === "") continue;
    if (quotable.some((text) => candidate.includes(text))) continue;
    const whole = candidate.length <= LONGEST_MESSAGE;
    // Scrubbed before it is cut: half of a secret would not be found afterwards.
    return cut(whole ? scrubSecrets(candidate) : scrubAndCut(candidate, LONGEST_MESSAGE), LONGEST_MESSAGE);
  }
  return UNSPECIFIC;
}
