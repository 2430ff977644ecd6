import { cutText, scrubAndCut, scrubSecrets } from "@seaworthy/core";
import type { ValidationIssue } from "../errors.ts";

/** Issues of one error, at most. */
export const MOST_ISSUES = 100;

const LONGEST_POINTER = 512;
const LONGEST_MESSAGE = 300;
// A cut text ends with a mark of how much is missing, which has to fit too.
const LONGEST_MARK = 20;
const LONGEST_NEEDLE = 24;
const SHORTEST_NEEDLE = 3;
const MOST_LEAVES = 200;
const DEEPEST_PART = 8;
const LEAST_OF_OTHERS = 8;
// "2026-01-31"
const LENGTH_OF_DAY = 10;
const CODE = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;
const UNTOLD = "is not valid";

/** A problem as some schema library words it. */
export interface RawIssue {
  readonly message: string;
  readonly path?: readonly unknown[] | undefined;
  readonly code?: unknown;
  readonly type?: unknown;
  readonly expected?: unknown;
  /** What the check saw: zod and valibot call it `input`, arktype `data`. A transform may have made it of the input. */
  readonly input?: unknown;
  readonly data?: unknown;
  /** How the message words what the check saw: valibot calls it `received`, arktype `actual`. */
  readonly received?: unknown;
  readonly actual?: unknown;
}

/** A problem in this package's words, with no value of the input left in it. */
export function cleanIssue(issue: RawIssue, input: unknown): ValidationIssue {
  // Not `path.map`: the paths of arktype are a subclass of Array, whose `map` makes one key of none.
  const keys = Array.from(issue.path ?? [], keyOf);
  const code = [issue.code, issue.type].find((name) => typeof name === "string" && CODE.test(name)) ?? "invalid";
  return { path: pointer(keys), code: code as string, message: untelling(issue, needlesIn(issue, keys, input)) };
}

/** A JSON Pointer (RFC 6901). */
export function pointer(keys: readonly PropertyKey[]): string {
  let text = "";
  for (const key of keys) {
    // Scrubbed before it is escaped: a secret with a slash in it would not be known again.
    text += `/${scrubAndCut(String(key), LONGEST_POINTER).replaceAll("~", "~0").replaceAll("/", "~1")}`;
    if (text.length > LONGEST_POINTER) break;
  }
  return cut(text, LONGEST_POINTER);
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : cutText(text, most - LONGEST_MARK);
}

// Standard Schema allows a key, or an object that holds one.
function keyOf(segment: unknown): PropertyKey {
  const key = typeof segment === "object" && segment !== null ? (segment as { key?: unknown }).key : segment;
  return typeof key === "string" || typeof key === "number" || typeof key === "symbol" ? key : "?";
}

function valueAt(input: unknown, keys: readonly PropertyKey[]): unknown {
  let value = input;
  for (const key of keys) value = read(value, key);
  return value;
}

function read(value: unknown, key: PropertyKey): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  try {
    return (value as Record<PropertyKey, unknown>)[key];
  } catch {
    return undefined; // a getter of the input threw: there is no value that could be echoed
  }
}

/** The library's message; what it expected, where the message quotes the input; and neither, where both do. */
function untelling(issue: RawIssue, needles: readonly string[]): string {
  const expected = typeof issue.expected === "string" ? `Expected ${issue.expected}` : UNTOLD;
  for (const candidate of [issue.message, expected]) {
    if (typeof candidate !== "string" || candidate === "") continue;
    if (needles.some((needle) => candidate.includes(needle))) continue;
    const whole = candidate.length <= LONGEST_MESSAGE;
    // Scrubbed before it is cut: half of a secret would not be known again.
    return cut(whole ? scrubSecrets(candidate) : scrubAndCut(candidate, LONGEST_MESSAGE), LONGEST_MESSAGE);
  }
  return UNTOLD;
}

/** What a message that quotes the value would hold: the value at the issue's path, or what a transform made of it. */
function needlesIn(issue: RawIssue, keys: readonly PropertyKey[], input: unknown): string[] {
  const seen = "data" in issue ? issue.data : issue.input; // what arktype calls `input` describes its own error
  const part = partOf(seen, keys);
  const values = [valueAt(input, keys), part ?? seen];
  const needles = values.flatMap(needlesOf);
  // A check of a whole may point at a part of it; short words of the other parts stand in many a message.
  if (part !== undefined) needles.push(...needlesOf(seen).filter((needle) => needle.length >= LEAST_OF_OTHERS));
  if (!values.some((item) => item instanceof Date)) return needles;
  // A date has more spellings than can be listed; the library says which one it wrote.
  const worded = [issue.received, issue.actual].filter((text) => typeof text === "string" && text !== "");
  return [...needles, ...(worded as string[])];
}

function partOf(whole: unknown, keys: readonly PropertyKey[]): unknown {
  for (let from = Math.max(0, keys.length - DEEPEST_PART); from < keys.length; from++) {
    const part = valueAt(whole, keys.slice(from));
    if (part !== undefined) return part;
  }
  return undefined;
}

function isContainer(value: unknown): value is object {
  return typeof value === "object" && value !== null && !(value instanceof Date);
}

/** The beginnings of all texts and numbers in a value, as a message would quote them. */
function needlesOf(value: unknown): string[] {
  const needles: string[] = [];
  const waiting: unknown[] = [value];
  for (let visited = 0; waiting.length > 0 && visited < MOST_LEAVES; visited++) {
    const next = waiting.pop();
    if (isContainer(next)) waiting.push(...membersOf(next));
    else if (next instanceof Date) needles.push(...spellingsOf(next));
    else if (typeof next === "string" || Number.isFinite(next) || typeof next === "bigint") {
      const text = String(next).slice(0, LONGEST_NEEDLE);
      if (text.trim().length < SHORTEST_NEEDLE) continue;
      needles.push(text, JSON.stringify(text).slice(1, -1));
    }
  }
  return needles;
}

function spellingsOf(date: Date): string[] {
  if (Number.isNaN(date.getTime())) return [];
  return [
    date.toISOString().slice(0, LENGTH_OF_DAY),
    date.toString(),
    date.toLocaleString(),
    date.toLocaleDateString(),
  ];
}

function membersOf(value: object): unknown[] {
  if (ArrayBuffer.isView(value)) return [];
  if (Array.isArray(value)) return value.slice(0, MOST_LEAVES);
  try {
    return Object.keys(value)
      .slice(0, MOST_LEAVES)
      .map((key) => read(value, key));
  } catch {
    return []; // a Proxy that hides its keys
  }
}
