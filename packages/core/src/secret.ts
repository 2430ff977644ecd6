import { NeedleIndex } from "./internal/needle-index.ts";
import { REDACTED } from "./internal/redacted.ts";
import { formsOf, percentDecoded, type SecretForms } from "./internal/secret-forms.ts";
import { shared } from "./internal/shared.ts";
import { showValue } from "./internal/show-value.ts";
import { blankCredentials } from "./text-credentials.ts";

export { REDACTED };

/**
 * Holds a value that must not be shown. Only `reveal()` gives it out; text, JSON, inspection and logs show
 * `[redacted]`, and a structured clone (postMessage, v8.serialize) throws a `DataCloneError`.
 */
export interface Secret<T = string> {
  reveal(): T;
  toString(): string;
  toJSON(): string;
}

/** Finds one secret's value in text without giving the value out. */
export interface SecretMatcher {
  /** Length of the shortest form it finds, in UTF-16 units. */
  readonly length: number;
  /** Whether the value occurs in `text`: as it is, or as JSON, percent-encoding or (bytes) hex and base64 write it. */
  test(text: string): boolean;
  /** `text` with every occurrence replaced by `[redacted]`. */
  scrub(text: string): string;
}

/** Learns of each secret that can be found by its value. A function that it returns is called when that secret has been garbage-collected. */
export type SecretListener = (matcher: SecretMatcher) => unknown;

/** Values shorter than this many UTF-16 units are never scrubbed by value: they would blank out innocent text. */
export const SHORTEST_SCRUBBED = 6;

interface RankedMatcher extends SecretMatcher {
  /** Length of the longest form. */
  readonly longest: number;
}

interface Registry {
  readonly matchers: Map<RankedMatcher, SecretForms>;
  /** The forms of all living secrets. */
  readonly index: NeedleIndex<RankedMatcher>;
  /** Those that a look into the decoded text may miss. */
  readonly ambiguous: Set<RankedMatcher>;
  /** Length of the longest form of any; `undefined` until it is asked for. */
  longest: number | undefined;
  readonly listeners: Set<(matcher: SecretMatcher) => void>;
  readonly forget: Map<SecretMatcher, (() => void)[]>;
  readonly collected: FinalizationRegistry<RankedMatcher>;
}

const brand = Symbol.for("seaworthy.secret");
// Importing node:util reads all of its lazy members, which takes as long as everything else here.
const INSPECT = Symbol.for("nodejs.util.inspect.custom");
const registry = shared("secrets.v2", (): Registry => {
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

const shown = (): string => REDACTED;
const prototype = Object.freeze(
  Object.defineProperties(Object.create(null) as object, {
    [brand]: { value: true },
    toString: { value: shown },
    toLocaleString: { value: shown },
    valueOf: { value: shown },
    toJSON: { value: shown },
    [Symbol.toPrimitive]: { value: shown },
    [INSPECT]: { value: shown },
    [Symbol.toStringTag]: { value: "Secret" },
  }),
);

/**
 * Wraps a value so that it cannot be shown by accident. A secret given again comes back as it is.
 *
 * Text and bytes of at least {@link SHORTEST_SCRUBBED} units, also those in a plain object, a list or a URL, are found
 * by value as well: while the secret lives, `scrubSecrets`, error descriptions and Seaworthy's logger blank them out of
 * other text.
 *
 * @example
 * ```ts
 * import { secret } from "@seaworthy/core";
 * const key = secret("sk-live-4242424242");
 * console.log(`${key}`, JSON.stringify({ key })); // [redacted] {"key":"[redacted]"}
 * console.log(key.reveal().length); // 18
 * ```
 */
export function secret<T>(value: T | Secret<T>): Secret<T> {
  if (isSecret(value)) return value as Secret<T>;
  const holder = Object.create(prototype) as Secret<T>;
  // An own enumerable function is what makes the structured-clone algorithm refuse the object.
  Object.defineProperty(holder, "reveal", { value: () => value, enumerable: true });
  Object.freeze(holder);
  register(holder, value);
  return holder;
}

/** Whether `value` is a secret made by any copy of this package. */
export function isSecret(value: unknown): value is Secret<unknown> {
  if (typeof value !== "object" || value === null) return false;
  try {
    return (value as Record<symbol, unknown>)[brand] === true;
  } catch {
    return false; // a Proxy whose trap throws is nobody's secret
  }
}

/**
 * Calls `listener` with a matcher for each living secret, now and as they are made. The function returned ends that.
 * What a listener throws reaches nobody; it is reported once, as a process warning with code `CORE_SECRET_LISTENER`.
 *
 * @throws TypeError when the listener is no function
 */
export function onSecret(listener: SecretListener): () => void {
  if (typeof listener !== "function") throw new TypeError(`listener must be a function; got ${showValue(listener)}`);
  const ends = new Set<() => void>();
  let reported = false;
  // Whoever makes a secret, or the collector, has no part in what a listener throws.
  const guarded = <T>(act: () => T): T | undefined => {
    try {
      return act();
    } catch {
      if (!reported) warn();
      reported = true;
      return undefined;
    }
  };
  const tell = (matcher: SecretMatcher): void => {
    const forgotten = guarded(() => listener(matcher));
    if (typeof forgotten !== "function") return;
    const list = registry.forget.get(matcher) ?? [];
    registry.forget.set(matcher, list);
    const end = (): void => {
      // Whatever leads from here to the matcher must go with the secret: the matcher holds its value.
      ends.delete(leave);
      guarded(forgotten as () => void);
    };
    const leave = (): void => void list.splice(list.indexOf(end) >>> 0, 1);
    list.push(end);
    ends.add(leave);
  };
  registry.listeners.add(tell);
  for (const matcher of registry.matchers.keys()) tell(matcher);
  return () => {
    registry.listeners.delete(tell);
    for (const leave of ends) leave();
    ends.clear();
  };
}

/**
 * Whether the value of any living secret occurs in `text`, in any of the forms that `scrubSecrets` blanks out. What it
 * costs depends on the length of the text, and hardly on how many secrets live.
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
  // Longest first: where one secret contains another, the outer one goes first and nothing of it stays.
  const ranked = found.size === 1 ? found : [...found].sort((a, b) => b.longest - a.longest);
  let scrubbed = text;
  for (const matcher of ranked) scrubbed = matcher.scrub(scrubbed);
  return scrubbed;
}

function longestForm(): number {
  if (registry.longest === undefined) {
    registry.longest = 0;
    for (const { longest } of registry.matchers.keys()) registry.longest = Math.max(registry.longest, longest);
  }
  return registry.longest;
}

// The text behind a cut in which a credential is looked for that begins before it.
const CREDENTIAL_REACH = 1024;

/**
 * `text` scrubbed, then cut to `limit` units, so that nothing of a secret survives at the edge of the cut. Passwords in
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

/** `text` cut to `limit` units, never inside a surrogate pair, with a mark of how many of `total` are missing. */
export function cutText(text: string, limit: number, total: number = text.length): string {
  if (total <= limit) return text;
  const last = text.charCodeAt(limit - 1);
  const kept = last >= 0xd800 && last <= 0xdbff ? limit - 1 : Math.min(limit, text.length);
  return `${text.slice(0, kept)}…[${total - kept} more]`;
}

function warn(): void {
  // The exception's own text may hold the secret.
  process.emitWarning("A listener for secrets failed; later failures of it are not reported.", {
    code: "CORE_SECRET_LISTENER",
  });
}

function register(holder: object, value: unknown): void {
  const forms = formsOf(value, SHORTEST_SCRUBBED);
  if (forms === undefined) return;
  const { needles, longest } = forms;
  const encodedIn = (text: string): boolean => {
    const encoded = text.includes("%") ? forms.encoded() : undefined;
    return encoded !== undefined && text.search(encoded) >= 0;
  };
  const matcher: RankedMatcher = Object.freeze({
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
  registry.matchers.set(matcher, forms);
  for (const needle of needles) registry.index.add(needle, matcher);
  if (forms.isAmbiguous) registry.ambiguous.add(matcher);
  if (registry.longest !== undefined) registry.longest = Math.max(registry.longest, longest);
  registry.collected.register(holder, matcher);
  for (const tell of registry.listeners) tell(matcher);
}
