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
 * A URL with its password blanked out, or its whole user part when that has no colon, and every query parameter with
 * a credential's name; undefined when there is nothing to hide. Text that is no valid URL but has `://` and `@` is cut
 * at its last `@`, since a password with unescaped signs is the usual reason.
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

/** The secret parts of a URL, as they stand in it and decoded. */
export function credentialsOf(text: string): string[] {
  if (!text.includes("://")) return [];
  const found: string[] = [];
  const user = USERINFO.exec(text)?.[2];
  if (user !== undefined) found.push(user.includes(":") ? user.slice(user.indexOf(":") + 1) : user);
  for (const [, , name, value] of text.matchAll(PARAMETER))
    if (isSensitiveKey(decode(name as string))) found.push(value as string);
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

/** Whether a member is a credential by its name: text, or a list, that is called `password`, `apiKey` and the like. */
export function isCredential(key: string, value: unknown): boolean {
  return (typeof value === "string" || Array.isArray(value)) && namesCredential(key);
}

/**
 * The credentials inside a value: passwords of URLs, and texts under a credential's name, at any depth and in JSON text
 * too; all of its texts when it is `hidden`. Only plain data is looked into: what is behind an instance of a class may
 * be huge, or guarded by getters.
 */
export function credentialsIn(value: unknown, hidden = false, seen: Set<unknown> = new Set()): string[] {
  if (typeof value === "string") {
    const own = hidden ? [value] : [];
    const data = jsonIn(value);
    return [...own, ...(data === undefined ? credentialsOf(value) : credentialsIn(data, hidden, seen))];
  }
  if (isSecret(value) || !(Array.isArray(value) || isPlainObject(value)) || seen.has(value)) return [];
  seen.add(value);
  return Object.entries(value).flatMap(([key, member]) =>
    credentialsIn(member, hidden || isCredential(key, member), seen),
  );
}

/** What the secrets inside a value hold. */
export function secretsIn(value: unknown, seen: Set<unknown> = new Set()): unknown[] {
  if (isSecret(value)) return [value.reveal()];
  if (!(Array.isArray(value) || isPlainObject(value)) || seen.has(value)) return [];
  seen.add(value);
  return Object.values(value).flatMap((member) => secretsIn(member, seen));
}

function textsIn(value: unknown, seen: Set<unknown> = new Set()): string[] {
  if (isSecret(value)) return textsIn(value.reveal(), seen);
  if (typeof value === "string") return value === "" ? [] : [value];
  if (typeof value === "number" || typeof value === "bigint") return [String(value)];
  if (!(Array.isArray(value) || isPlainObject(value)) || seen.has(value)) return [];
  seen.add(value);
  return Object.values(value).flatMap((member) => textsIn(member, seen));
}

/** What JSON text of an object or a list holds; undefined for any other text. */
function jsonIn(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return jsonValue(readJson(text));
  } catch {
    return undefined;
  }
}

/** Text as it may be shown; undefined when there is nothing in it to hide. */
export function maskText(text: string): string | undefined {
  if (!/^\s*[[{]/.test(text)) return maskUrl(text);
  const data = jsonIn(text);
  // Of JSON that cannot be read, nobody can say where its credential ends.
  if (data === undefined) return NAMED.test(text) || maskUrl(text) !== undefined ? REDACTED : undefined;
  return credentialsIn(data).length === 0 ? undefined : JSON.stringify(masked(data));
}

/**
 * A value as it may be shown: secrets, credentials in URLs and texts under a credential's name are blanked out at any
 * depth, and `scrub` has its way with every other text.
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

/** Collects the texts of one load that must not be shown, and takes them out of what is. */
export class Redactor {
  readonly #texts = new Set<string>();
  readonly #secrets = new Set<string>();
  #needles: readonly Needle[] | undefined;

  /** Remembers every text in a value, of which all is secret; or some, as far as is known, when it is `mixed`. */
  add(value: unknown, mixed = false): void {
    this.#needles = undefined;
    for (const text of textsIn(value)) {
      this.#texts.add(text);
      if (!mixed) this.#secrets.add(text);
    }
  }

  /** A message without the secrets in it. Those of fewer than four units are too common in prose to be cut out of it. */
  clean(text: string): string {
    return this.#found().reduce((rest, needle) => cut(rest, needle), text);
  }

  /** A value without the secrets in it, but for those that are so short or so well known that they would blank out innocent words. */
  scrub(text: string): string {
    return this.#found().reduce((rest, needle) => (needle.distinct ? cut(rest, needle) : rest), text);
  }

  /** What is looked for, longest first: where one secret contains another, nothing of the outer one stays. */
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

  /** Whether `text` shows a part of a secret, in another case, or encoded: four characters that follow each other. */
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

  /** Whether `text` shows a secret, however short. */
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
