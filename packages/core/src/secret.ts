import { formsOf } from "./internal/secret-forms.ts";
import { shared } from "./internal/shared.ts";
import { show } from "./internal/show.ts";

/** What stands in every place where a secret would have been. */
export const REDACTED = "[redacted]";

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
  /** Longest first: where one secret contains another, the outer one goes first and nothing of it stays. */
  readonly matchers: RankedMatcher[];
  readonly listeners: Set<(matcher: SecretMatcher) => void>;
  readonly forget: Map<SecretMatcher, (() => void)[]>;
  readonly collected: FinalizationRegistry<RankedMatcher>;
}

const brand = Symbol.for("seaworthy.secret");
// Importing node:util reads all of its lazy members, which takes as long as everything else here.
const INSPECT = Symbol.for("nodejs.util.inspect.custom");
const registry = shared("secrets.v1", (): Registry => {
  const matchers: RankedMatcher[] = [];
  const forget = new Map<SecretMatcher, (() => void)[]>();
  const collected = new FinalizationRegistry<RankedMatcher>((matcher) => {
    const at = matchers.indexOf(matcher);
    if (at >= 0) matchers.splice(at, 1);
    for (const end of forget.get(matcher) ?? []) end();
    forget.delete(matcher);
  });
  return { matchers, listeners: new Set(), forget, collected };
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
  if (typeof listener !== "function") throw new TypeError(`listener must be a function; got ${show(listener)}`);
  const ends: (() => void)[] = [];
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
    const end = (): void => void guarded(forgotten as () => void);
    list.push(end);
    ends.push(() => list.splice(list.indexOf(end) >>> 0, 1));
  };
  registry.listeners.add(tell);
  for (const matcher of registry.matchers) tell(matcher);
  return () => {
    registry.listeners.delete(tell);
    for (const end of ends.splice(0)) end();
  };
}

/** `text` with the values of all living secrets replaced by `[redacted]`. */
export function scrubSecrets(text: string): string {
  let scrubbed = text;
  for (const matcher of registry.matchers) {
    if (matcher.length <= scrubbed.length) scrubbed = matcher.scrub(scrubbed);
  }
  return scrubbed;
}

// Clients put the URL that they could not reach into their messages, password included.
const URL_PASSWORD = /(\b[a-z][a-z0-9+.-]{1,30}:\/\/[^\s/:@?#]{0,256}:)[^\s/@]{1,256}@/gi;

/**
 * `text` scrubbed, then cut to `limit` units, so that nothing of a secret survives at the edge of the cut. Passwords in
 * URLs are blanked out too, whether or not they were wrapped in a secret.
 */
export function scrubAndCut(text: string, limit: number): string {
  const cut = scrubThenCut(text, limit);
  return cut.includes("://") ? cut.replace(URL_PASSWORD, `$1${REDACTED}@`) : cut;
}

function scrubThenCut(text: string, limit: number): string {
  const longest = registry.matchers[0]?.longest ?? 0;
  const reach = limit + longest;
  if (text.length <= reach) return cutText(scrubSecrets(text), limit);
  const scrubbed = scrubSecrets(text.slice(0, reach));
  // Scrubbing shortens: the last units, where a secret may have been cut in two, can have moved to before the limit.
  const sound = Math.max(0, scrubbed.length - longest);
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
  const { needles, encoded, longest } = forms;
  const encodedIn = (text: string): boolean => encoded !== undefined && text.includes("%") && text.search(encoded) >= 0;
  const matcher: RankedMatcher = Object.freeze({
    longest,
    length: Math.min(...needles.map((needle) => needle.length)),
    test: (text: string) => needles.some((needle) => text.includes(needle)) || encodedIn(text),
    scrub: (text: string) => {
      // Nearly no text has a percent sign, so the pattern is hardly ever tried.
      let rest = encoded !== undefined && text.includes("%") ? text.replace(encoded, () => REDACTED) : text;
      for (const needle of needles) if (rest.includes(needle)) rest = rest.replaceAll(needle, () => REDACTED);
      return rest;
    },
  });
  registry.matchers.splice(rankOf(longest), 0, matcher);
  registry.collected.register(holder, matcher);
  for (const tell of registry.listeners) tell(matcher);
}

/** Where a matcher of this length belongs, behind all that are as long; thousands of secrets may live at once. */
function rankOf(longest: number): number {
  const { matchers } = registry;
  let low = 0;
  let high = matchers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((matchers[middle] as RankedMatcher).longest >= longest) low = middle + 1;
    else high = middle;
  }
  return low;
}
