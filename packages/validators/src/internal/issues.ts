import { cutText, scrubSecrets } from "@seaworthy/core";
import type { ValidationIssue } from "../errors.ts";

/** Issues of one error, at most. */
export const MOST_ISSUES = 100;

const LONGEST_POINTER = 512;
const LONGEST_MESSAGE = 300;
const LONGEST_NEEDLE = 24;
const SHORTEST_NEEDLE = 3;
const MOST_LEAVES = 200;
const CODE = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;
const UNTOLD = "is not valid";

/** A problem as some schema library words it. */
export interface RawIssue {
  readonly message: string;
  readonly path?: readonly unknown[] | undefined;
  readonly code?: unknown;
  readonly type?: unknown;
  readonly expected?: unknown;
}

/** A problem in this package's words, with nothing of the input left in it. */
export function cleanIssue(issue: RawIssue, input: unknown): ValidationIssue {
  const keys = (issue.path ?? []).map(keyOf);
  const code = [issue.code, issue.type].find((name) => typeof name === "string" && CODE.test(name)) ?? "invalid";
  return { path: pointer(keys), code: code as string, message: untelling(issue, valueAt(input, keys)) };
}

/** A JSON Pointer (RFC 6901). */
export function pointer(keys: readonly PropertyKey[]): string {
  let text = "";
  for (const key of keys) {
    text += `/${String(key).slice(0, LONGEST_POINTER).replaceAll("~", "~0").replaceAll("/", "~1")}`;
    if (text.length > LONGEST_POINTER) break;
  }
  return scrubSecrets(cutText(text, LONGEST_POINTER));
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
function untelling(issue: RawIssue, value: unknown): string {
  const needles = needlesOf(value);
  const expected = typeof issue.expected === "string" ? `Expected ${issue.expected}` : UNTOLD;
  for (const candidate of [issue.message, expected]) {
    if (typeof candidate !== "string" || candidate === "") continue;
    if (!needles.some((needle) => candidate.includes(needle))) return scrubSecrets(cutText(candidate, LONGEST_MESSAGE));
  }
  return UNTOLD;
}

/** The beginnings of all texts and numbers in a value, as a message would quote them. */
function needlesOf(value: unknown): string[] {
  const needles: string[] = [];
  const waiting: unknown[] = [value];
  for (let visited = 0; waiting.length > 0 && visited < MOST_LEAVES; visited++) {
    const next = waiting.pop();
    if (typeof next === "object" && next !== null) waiting.push(...membersOf(next));
    else if (typeof next === "string" || Number.isFinite(next) || typeof next === "bigint") {
      const text = String(next).slice(0, LONGEST_NEEDLE);
      if (text.trim().length < SHORTEST_NEEDLE) continue;
      needles.push(text, JSON.stringify(text).slice(1, -1));
    }
  }
  return needles;
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
