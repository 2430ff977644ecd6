/** Parses an absolute URL with a host. Refuses white space and control characters, which the URL parser drops silently. */
export function parseUrl(value: unknown): URL | undefined {
  if (typeof value !== "string" || value.length > 8192 || /[\s\p{Cc}]/u.test(value)) return undefined;
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(value)) return undefined;
  return URL.canParse(value) ? new URL(value) : undefined;
}
