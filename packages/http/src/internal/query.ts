/** A query's parameters; repeated ones are a list, as frameworks read them. */
export function queryOf(text: string): Record<string, string | string[]> {
  const grouped = new Map<string, string | string[]>();
  for (const [key, value] of new URLSearchParams(text)) {
    const known = grouped.get(key);
    grouped.set(key, known === undefined ? value : [...(Array.isArray(known) ? known : [known]), value]);
  }
  return Object.fromEntries(grouped);
}
