/** The URL that `text` writes, from `base` if it is relative; `null` for none. `URL.parse` is missing from the first Node 22. */
export function parseHref(text: string, base?: string): URL | null {
  return URL.canParse(text, base) ? new URL(text, base) : null;
}
