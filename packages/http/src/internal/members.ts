/** The members of any value, to be read with care: they may be missing, and getters may throw. */
export const membersOf = (value: unknown): Readonly<Record<PropertyKey, unknown>> => Object(value);

/** The text before the first separator, or the whole text without one. */
export function before(text: string, separator: string): string {
  const at = text.indexOf(separator);
  return at < 0 ? text : text.slice(0, at);
}
