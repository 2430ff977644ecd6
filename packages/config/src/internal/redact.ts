import { isSecret, REDACTED } from "@seaworthy/core";
import { isSensitiveKey, SHORTEST_SCRUBBED } from "@seaworthy/core/redaction";
import { isPlainObject } from "./coerce.ts";
import { namesCredential } from "./credential-name.ts";
import { jsonValue, readJson } from "./json.ts";
import { isWellKnown } from "./weak.ts";

const USERINFO = /^([a-z][a-z0-9+.-]*:\/\/)([^/?#]*)@/i;
const PARAMETER = /([?&])([^=&#]+)=([^&#]+)/g;
const NAMED = /(?:pass|secret|token|credential|key|cookie|auth)\w*["']?\s*[:=]/i;
const DEEPEST = 64;

/**
 * Redacts the password of a URL, or the whole user part if it does not have a colon, and every query parameter with the
 * name of a credential. Returns undefined if there is nothing to hide. If the text has `://` and `@` but is not a valid
 * URL, everything before the last `@` is redacted, because the usual reason is a password with unescaped characters.
 */
function maskUrl(text: string): string | undefined {
  const colon = text.indexOf("://");
  if (colon <= 0) return undefined;
  if (!URL.canParse(text)) {
    const at = text.lastIndexOf("@");
    return at < colon ? undefined : `${text.slice(0, colon + 3)}${REDACTED}${text.slice(at)}`;
  }
  const masked = text
    .replace(USERINFO, (_, scheme: string, user: string) => {
      const name = user.includes(":") ? `${user.slice(0, user.indexOf(":") + 1)}` : "";
      return `${scheme}${name}${REDACTED}@`;
    })
    .replace(PARAMETER, (whole, sign: string, name: string) =>
      isSensitiveKey(decode(name)) ? `${sign}${name}=${REDACTED}` : whole,
    );
  return masked === text ? undefined : masked;
}

/** Returns the secret parts of a URL, as they are written and decoded. */
export function credentialsOf(text: string): string[] {
  if (!text.includes("://")) return [];
  const found: string[] = [];
  const user = USERINFO.exec(text)?.[2];
  if (user !== undefined) found.push(user.includes(":") ? user.slice(user.indexOf(":") + 1) : user);
  for (const [, , name = "", value = ""] of text.matchAll(PARAMETER))
    if (isSensitiveKey(decode(name))) found.push(value);
  if (!URL.canParse(text) && text.includes("://") && text.lastIndexOf("@") > text.indexOf("://"))
    found.push(text.slice(text.indexOf("://") + 3, text.lastIndexOf("@")));
  return [...new Set(found.flatMap((part) => [part, decode(part)]))].filter((part) => part !== "");
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Returns whether a member is a credential by its name: a string or an array that is called `password`, `apiKey` or similar. */
export function isCredential(key: string, value: unknown): boolean {
  return (typeof value === "string" || Array.isArray(value)) && namesCredential(key);
}

/**
 * Returns the credentials inside a value, at any depth and also in JSON text: passwords of URLs, and strings under the name
 * of a credential. If the value is `hidden`, returns all of its strings. Only plain data is searched, because instances of
 * classes may be huge or have getters.
 */
export function credentialsIn(value: unknown, hidden = false, seen?: Set<unknown>): string[] {
  if (typeof value === "string") {
    const data = jsonIn(value);
    const inside = data === undefined ? credentialsOf(value) : credentialsIn(data, hidden, seen);
    return hidden ? [value, ...inside] : inside;
  }
  if (isSecret(value) || !(Array.isArray(value) || isPlainObject(value)) || seen?.has(value) === true) return [];
  const around = (seen ?? new Set()).add(value);
  return Object.entries(value).flatMap(([key, member]) =>
    credentialsIn(member, hidden || isCredential(key, member), around),
  );
}

/** Returns the contents of the secrets inside a value. */
export function secretsIn(value: unknown, seen: Set<unknown> = new Set()): unknown[] {
  if (isSecret(value)) return [value.reveal()];
  if (!(Array.isArray(value) || isPlainObject(value)) || seen.has(value)) return [];
  seen.add(value);
  return Object.values(value).flatMap((member) => secretsIn(member, seen));
}

function textsIn(value: unknown, seen?: Set<unknown>): string[] {
  if (isSecret(value)) return textsIn(value.reveal(), seen);
  if (typeof value === "string") return value === "" ? [] : [value];
  if (typeof value === "number" || typeof value === "bigint") return [String(value)];
  if (!(Array.isArray(value) || isPlainObject(value)) || seen?.has(value) === true) return [];
  const around = (seen ?? new Set()).add(value);
  return Object.values(value).flatMap((member) => textsIn(member, around));
}

/** Returns the value of a JSON text of an object or an array, or undefined for any other text. */
function jsonIn(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return jsonValue(readJson(text));
  } catch {
    return undefined;
  }
}

/** Returns text as it may be shown, or undefined if there is nothing to hide. */
export function maskText(text: string): string | undefined {
  if (!/^\s*[[{]/.test(text)) return maskUrl(text);
  const data = jsonIn(text);
  // If JSON cannot be parsed, the end of a credential in it is unknown.
  if (data === undefined) return NAMED.test(text) || maskUrl(text) !== undefined ? REDACTED : undefined;
  return credentialsIn(data).length === 0 ? undefined : JSON.stringify(masked(data));
}

/**
 * Returns a value as it may be shown. Secrets, credentials in URLs and strings under the name of a credential are redacted
 * at any depth, and `scrub` is applied to every other string.
 */
export function masked(value: unknown, hidden = false, scrub: (text: string) => string = same, depth = 0): unknown {
  if (isSecret(value)) return REDACTED;
  if (hidden && value !== undefined && value !== null) return REDACTED;
  if (typeof value === "string") return scrub(maskText(value) ?? value);
  if (depth > DEEPEST) return "[deep]";
  if (Array.isArray(value)) return value.map((item) => masked(item, false, scrub, depth + 1));
  if (!isPlainObject(value)) return value;
  const copy: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    const shown = masked(member, isCredential(key, member), scrub, depth + 1);
    Object.defineProperty(copy, key, { value: shown, enumerable: true, writable: true, configurable: true });
  }
  return copy;
}

function same(text: string): string {
  return text;
}

/** Collects the strings of one load that must not be shown, and removes them from what is shown. */
export class Redactor {
  readonly #texts = new Set<string>();
  readonly #secrets = new Set<string>();
  #needles: readonly Needle[] | undefined;

  /** Adds every string in a value. If the value is `mixed`, it is known that a part of it is secret, but not which. */
  add(value: unknown, mixed = false): void {
    const texts = textsIn(value);
    if (texts.length > 0) this.#needles = undefined;
    for (const text of texts) {
      this.#texts.add(text);
      if (!mixed) this.#secrets.add(text);
    }
  }

  /** Returns a message without the secrets in it. Secrets of fewer than four units are too common in prose to be removed. */
  clean(text: string): string {
    return this.#found().reduce((rest, needle) => cut(rest, needle), text);
  }

  /** Returns a value without the secrets in it, except those that are so short or well-known that innocent words would change. */
  scrub(text: string): string {
    return this.#found().reduce((rest, needle) => (needle.distinct ? cut(rest, needle) : rest), text);
  }

  /** The secrets, the longest first: if one secret contains another, the outer one is removed as a whole. */
  #found(): readonly Needle[] {
    this.#needles ??= [...this.#texts]
      .filter((secret) => secret.length >= 4)
      .sort((a, b) => b.length - a.length)
      .map((secret) => {
        const forms = new Set([secret, JSON.stringify(secret).slice(1, -1)]);
        if (secret.isWellFormed()) forms.add(encodeURIComponent(secret));
        return {
          forms: [...forms],
          distinct: this.#secrets.has(secret) && secret.length >= SHORTEST_SCRUBBED && !isWellKnown(secret),
        };
      });
    return this.#needles;
  }

  /** Returns whether a text contains four consecutive characters of a secret, also in another case or encoded. */
  hints(text: string): boolean {
    const plain = text.toLowerCase();
    return [...this.#texts].some((secret) => {
      const bytes = Buffer.from(secret);
      const forms = [secret, [...secret].reverse().join(""), bytes.toString("base64"), bytes.toString("hex")];
      return forms.some((form) => {
        const small = form.toLowerCase();
        for (let at = 0; at + 4 <= small.length; at++) if (plain.includes(small.slice(at, at + 4))) return true;
        return false;
      });
    });
  }

  /** Returns whether a text contains a secret of any length. */
  shows(text: string): boolean {
    return [...this.#texts].some((secret) => text.includes(secret));
  }
}

interface Needle {
  readonly forms: readonly string[];
  readonly distinct: boolean;
}

function cut(text: string, { forms }: Needle): string {
  return forms.reduce((rest, form) => (rest.includes(form) ? rest.replaceAll(form, () => REDACTED) : rest), text);
}
