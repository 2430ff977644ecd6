import { BIDI_CONTROL } from "./characters.ts";
import { type Refused, refuse } from "./refusal.ts";

/** The most characters of a URL that a client sends. */
export const LONGEST_URL = 2048;
const HIDDEN_CHARACTER = /[\s\p{Cc}\p{Cf}\\]/u;

/** Parses a URL, relative to `base` if it is given. Returns `null` on failure, as `URL.parse` does, which Node 22.0 lacks. */
export function parseHref(text: string, base?: string): URL | null {
  return URL.canParse(text, base) ? new URL(text, base) : null;
}

/** Parses a URL that all parsers read in the same way, and that has neither a user name nor a password. */
export function parseWebUrl(value: string, base?: string): URL | Refused {
  if (value.length > LONGEST_URL) return tooLongUrl();
  // The WHATWG parser drops tabs and line breaks and turns backslashes into slashes; other parsers do not.
  if (HIDDEN_CHARACTER.test(value) || BIDI_CONTROL.test(value) || !value.isWellFormed())
    return refuse("invalid_url", "must not contain white space, backslashes or control characters");
  const url = parseHref(value, base);
  if (url === null) return refuse("invalid_url", "must be a URL");
  if (url.username !== "" || url.password !== "")
    return refuse("credentials", "must not contain a user name or a password");
  return url;
}

export function tooLongUrl(): Refused {
  return refuse("too_big", `must have ${LONGEST_URL} characters or fewer`);
}
