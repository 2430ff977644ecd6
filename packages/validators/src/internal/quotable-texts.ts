import type { RawIssue } from "./raw-issue.ts";

// A message that quotes a longer string contains its beginning too.
const LONGEST_TEXT = 24;
// Shorter strings occur in messages by chance.
const SHORTEST_TEXT = 3;
const SHORTEST_TEXT_OF_OTHERS = 8;
const MOST_VALUES = 200;
const DEEPEST_PART = 8;
// "2026-01-31"
const LENGTH_OF_DAY = 10;

/**
 * Returns the texts that a message contains if it quotes the value that was refused. A message with one of them must not
 * be shown. The texts are the beginnings of all strings and numbers in
 *
 * 1. the value of the input at the path of the issue;
 * 2. the value that the check saw, which a transform may have made from the first;
 * 3. the other parts of what the check saw, if it checked a whole and the path leads to one part. Short texts of those
 *    are left out, since they occur in many messages.
 */
export function quotableTexts(issue: RawIssue, keys: readonly PropertyKey[], input: unknown): string[] {
  const seen = "data" in issue ? issue.data : issue.input;
  const part = partOf(seen, keys);
  const values = [valueAt(input, keys), part ?? seen];
  const texts = values.flatMap(textsOf);
  if (part !== undefined) texts.push(...textsOf(seen).filter((text) => text.length >= SHORTEST_TEXT_OF_OTHERS));
  if (!values.some((value) => value instanceof Date)) return texts;
  // A date has more spellings than can be listed; the library says which spelling its message has.
  for (const worded of [issue.received, issue.actual])
    if (typeof worded === "string" && worded !== "") texts.push(worded);
  return texts;
}

/** The part of a value to which the longest end of the path leads: a check of a section reports paths from the root. */
function partOf(whole: unknown, keys: readonly PropertyKey[]): unknown {
  for (let from = Math.max(0, keys.length - DEEPEST_PART); from < keys.length; from++) {
    const part = valueAt(whole, keys.slice(from));
    if (part !== undefined) return part;
  }
  return undefined;
}

function valueAt(value: unknown, keys: readonly PropertyKey[]): unknown {
  return keys.reduce(memberOf, value);
}

function memberOf(value: unknown, key: PropertyKey): unknown {
  try {
    return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
  } catch {
    return undefined; // a getter of the input threw, so there is no value to quote
  }
}

/** The beginnings of all strings, numbers and dates in a value, as a message would quote them. */
function textsOf(value: unknown): string[] {
  const texts: string[] = [];
  const waiting: unknown[] = [value];
  for (let visited = 0; waiting.length > 0 && visited < MOST_VALUES; visited++) {
    const next = waiting.pop();
    if (next instanceof Date) texts.push(...spellingsOf(next));
    else if (typeof next === "object" && next !== null) waiting.push(...membersOf(next));
    else if (typeof next === "string" || typeof next === "bigint" || Number.isFinite(next)) {
      const text = String(next).slice(0, LONGEST_TEXT);
      // Messages also quote in the notation of JSON.
      if (text.trim().length >= SHORTEST_TEXT) texts.push(text, JSON.stringify(text).slice(1, -1));
    }
  }
  return texts;
}

function spellingsOf(date: Date): string[] {
  if (Number.isNaN(date.getTime())) return [];
  const day = date.toISOString().slice(0, LENGTH_OF_DAY);
  return [day, date.toString(), date.toLocaleString(), date.toLocaleDateString()];
}

function membersOf(value: object): unknown[] {
  if (ArrayBuffer.isView(value)) return [];
  if (Array.isArray(value)) return value.slice(0, MOST_VALUES);
  try {
    return Object.keys(value)
      .slice(0, MOST_VALUES)
      .map((key) => memberOf(value, key));
  } catch {
    return []; // a Proxy whose trap threw
  }
}
