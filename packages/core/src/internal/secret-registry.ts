import { NeedleIndex } from "./needle-index.ts";
import { REDACTED } from "./redacted.ts";
import { formsOf, type SecretForms } from "./secret-forms.ts";
import { shared } from "./shared.ts";

/** Finds one secret's value in text without giving the value out. */
export interface SecretMatcher {
  /** Length of the shortest form that it finds, in UTF-16 units. */
  readonly length: number;
  /** Whether the value occurs in `text`: as it is, or as JSON, percent-encoding or (bytes) hex and base64 write it. */
  test(text: string): boolean;
  /** `text` with every occurrence replaced by `[redacted]`. */
  scrub(text: string): string;
}

/** Values shorter than this many UTF-16 units are never scrubbed by value: they would blank out innocent text. */
export const SHORTEST_SCRUBBED = 6;

/** A matcher that also says which of two secrets is scrubbed first. */
export interface RankedMatcher extends SecretMatcher {
  /** Length of the longest form. */
  readonly longest: number;
}

interface Registry {
  readonly matchers: Map<RankedMatcher, SecretForms>;
  /** The forms of all living secrets. */
  readonly index: NeedleIndex<RankedMatcher>;
  /** Matchers of values that a search in the decoded text may miss. */
  readonly ambiguous: Set<RankedMatcher>;
  /** Length of the longest form of all secrets; `undefined` until it is needed. */
  longest: number | undefined;
  readonly listeners: Set<(matcher: SecretMatcher) => void>;
  /** What is called when the secret of a matcher has been garbage-collected. */
  readonly forget: Map<SecretMatcher, (() => void)[]>;
  readonly collected: FinalizationRegistry<RankedMatcher>;
}

/** The living secrets of the process that can be found by their value. */
export const registry: Registry = shared("secrets.v2", (): Registry => {
  const matchers = new Map<RankedMatcher, SecretForms>();
  const index = new NeedleIndex<RankedMatcher>();
  const ambiguous = new Set<RankedMatcher>();
  const forget = new Map<SecretMatcher, (() => void)[]>();
  const collected = new FinalizationRegistry<RankedMatcher>((matcher) => {
    for (const needle of matchers.get(matcher)?.needles ?? []) index.remove(needle, matcher);
    matchers.delete(matcher);
    ambiguous.delete(matcher);
    if (made.longest === matcher.longest) made.longest = undefined;
    for (const end of forget.get(matcher) ?? []) end();
    forget.delete(matcher);
  });
  const made: Registry = { matchers, index, ambiguous, longest: 0, listeners: new Set(), forget, collected };
  return made;
});

/** Lets a value be found in text for as long as `holder` lives. */
export function register(holder: object, value: unknown): void {
  const forms = formsOf(value, SHORTEST_SCRUBBED);
  if (forms === undefined) return;
  const matcher = matcherOf(forms);
  registry.matchers.set(matcher, forms);
  for (const needle of forms.needles) registry.index.add(needle, matcher);
  if (forms.isAmbiguous) registry.ambiguous.add(matcher);
  if (registry.longest !== undefined) registry.longest = Math.max(registry.longest, forms.longest);
  registry.collected.register(holder, matcher);
  for (const tell of registry.listeners) tell(matcher);
}

function matcherOf(forms: SecretForms): RankedMatcher {
  const { needles, longest } = forms;
  const encodedIn = (text: string): boolean => {
    const encoded = text.includes("%") ? forms.encoded() : undefined;
    return encoded !== undefined && text.search(encoded) >= 0;
  };
  return Object.freeze({
    longest,
    length: Math.min(...needles.map((needle) => needle.length)),
    test: (text: string) => needles.some((needle) => text.includes(needle)) || encodedIn(text),
    scrub: (text: string) => {
      const encoded = text.includes("%") ? forms.encoded() : undefined;
      let rest = encoded === undefined ? text : text.replace(encoded, () => REDACTED);
      for (const needle of needles) if (rest.includes(needle)) rest = rest.replaceAll(needle, () => REDACTED);
      return rest;
    },
  });
}

/** Length of the longest form of all living secrets. */
export function longestForm(): number {
  if (registry.longest === undefined) {
    registry.longest = 0;
    for (const { longest } of registry.matchers.keys()) registry.longest = Math.max(registry.longest, longest);
  }
  return registry.longest;
}
