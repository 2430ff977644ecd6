import { cutText } from "./cut-text.ts";
import { percentDecoded } from "./internal/secret-forms.ts";
import { longestForm, type RankedMatcher, registry } from "./internal/secret-registry.ts";
import { blankCredentials } from "./text-credentials.ts";

/**
 * Whether the value of any living secret occurs in `text`, in any of the forms that `scrubSecrets` blanks out. The time
 * that it takes depends on the length of the text, and hardly on the number of living secrets.
 */
export function containsSecret(text: string): boolean {
  const { index, ambiguous, matchers } = registry;
  if (matchers.size === 0) return false;
  if (index.has(text)) return true;
  if (!text.includes("%")) return false;
  if (index.has(percentDecoded(text))) return true;
  for (const matcher of ambiguous) if (matcher.test(text)) return true;
  return false;
}

/** `text` with the values of all living secrets replaced by `[redacted]`. */
export function scrubSecrets(text: string): string {
  if (!containsSecret(text)) return text;
  const { index, ambiguous } = registry;
  const found = new Set<RankedMatcher>();
  index.collect(text, found);
  if (text.includes("%")) {
    index.collect(percentDecoded(text), found);
    for (const matcher of ambiguous) if (matcher.test(text)) found.add(matcher);
  }
  // Longest first: if one secret contains another, the outer one is replaced first, and nothing of it remains.
  const ranked = found.size === 1 ? found : [...found].sort((a, b) => b.longest - a.longest);
  let scrubbed = text;
  for (const matcher of ranked) scrubbed = matcher.scrub(scrubbed);
  return scrubbed;
}

// The text behind a cut in which a credential is looked for that begins before it.
const CREDENTIAL_REACH = 1024;

/**
 * `text` scrubbed, then cut to `limit` units, so that nothing of a secret remains at the edge of the cut. Passwords in
 * URLs and values of parameters such as `access_token=` are blanked out too, whether or not they are secrets.
 */
export function scrubAndCut(text: string, limit: number): string {
  const clean = (part: string): string => blankCredentials(scrubSecrets(part));
  const margin = Math.max(longestForm(), CREDENTIAL_REACH);
  const reach = limit + margin;
  if (text.length <= reach) return cutText(clean(text), limit);
  const scrubbed = clean(text.slice(0, reach));
  // Scrubbing shortens: the last units, where a secret may have been cut in two, can have moved to before the limit.
  const sound = Math.max(0, scrubbed.length - margin);
  return cutText(scrubbed, Math.min(limit, sound), scrubbed.length + text.length - reach);
}
