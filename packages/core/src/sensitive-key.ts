import { SENSITIVE } from "./internal/sensitive-words.ts";

const WORD = /[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g;
const LONGEST_PHRASE = 3;
const LONGEST_NAME = 256;
// Names are few and come again and again; a host may still log names that it does not choose, so the memory is bounded.
const MOST_KEPT = 2000;
const LONGEST_KEPT = 64;
const known = new Map<string, string | undefined>();

/**
 * Whether a member of this name usually holds a credential: `password`, `Authorization`, `api_key`, `refreshToken`,
 * `DATABASE_URL` and the like. Names about a credential (`secretName`, `tokenExpiresAt`) and numbers of language model
 * tokens (`maxOutputTokens`) are not.
 */
export function isSensitiveKey(key: string): boolean {
  return sensitiveWords(key) !== undefined;
}

/**
 * Returns the part of a name that makes it the name of a credential, in lower case and without separators, or
 * `undefined` if the name is innocent.
 *
 * @example
 * ```ts
 * import { sensitiveWords } from "@seaworthy/core/redaction";
 * console.log(sensitiveWords("STRIPE_API_KEY"), sensitiveWords("nextPageToken")); // apikey undefined
 * ```
 */
export function sensitiveWords(key: string): string | undefined {
  if (known.has(key)) return known.get(key);
  // The end of a name says what it is.
  const found = judge(key.length > LONGEST_NAME ? key.slice(-LONGEST_NAME) : key);
  if (key.length > LONGEST_KEPT) return found;
  if (known.size >= MOST_KEPT) known.clear();
  known.set(key, found);
  return found;
}

function judge(key: string): string | undefined {
  const words = key.match(WORD)?.map((word) => word.toLowerCase());
  if (words === undefined) return undefined;
  const [first = ""] = words;
  const last = words.at(-1) ?? "";
  if (words.length === 1 && SENSITIVE.whole.has(last)) return last;
  if (words.length > 1 && SENSITIVE.asking.has(first)) return undefined;
  if (SENSITIVE.last.has(last)) return last;
  let found: string | undefined;
  for (let i = 0; i < words.length; i++) {
    const match = longestAt(words, i);
    if (match === undefined || SENSITIVE.innocent.has((words[i - 1] ?? "") + match.text)) continue;
    if (match.end === words.length) return match.text;
    found ??= match.text;
  }
  if (found !== undefined && !SENSITIVE.about.has(last)) return found;
  return writtenTogether(last);
}

function longestAt(words: readonly string[], start: number): { text: string; end: number } | undefined {
  for (let end = Math.min(start + LONGEST_PHRASE, words.length); end > start; end--) {
    const text = words.slice(start, end).join("");
    if (SENSITIVE.phrases.has(text)) return { text, end };
  }
  return undefined;
}

function writtenTogether(word: string): string | undefined {
  const end = SENSITIVE.ends.find((each) => word !== each && word.endsWith(each));
  if (end === undefined) return undefined;
  for (const innocent of SENSITIVE.innocent) if (word.endsWith(innocent)) return undefined;
  return end;
}
