import { isSecret, isSensitiveKey, type Secret, SHORTEST_SCRUBBED, secret } from "@seaworthy/core";
import { checkOptions, flag, showValue } from "@seaworthy/core/options";

/** What is blanked out of every line, besides the values of living secrets. */
export interface RedactOptions {
  /**
   * Names whose values are blanked out, at any depth and in any case. A pino path such as `"req.headers.cookie"` counts
   * by its last name. @default none
   */
  keys?: readonly string[];
  /** Whether names that usually hold a credential (`password`, `authorization`, `apiKey` …) are blanked out too. @default true */
  defaults?: boolean;
  /** Values blanked out wherever they appear, of at least six UTF-16 units each. @default none */
  values?: readonly (string | Secret)[];
}

/** A redactor: whether a name is blanked out, and the secrets that it keeps alive so that they are found by value. */
export interface Redactor {
  readonly hides: (key: string) => boolean;
  readonly held: readonly Secret<unknown>[];
}

const LAST_NAME = /([^.[\]"'`*\s]+)["'`]?\]?(?:\.\*|\[\*\])*$/;

/**
 * Reads the `redact` option, on top of `outer` if a child logger adds to it.
 *
 * @throws TypeError when a key is not text, or a value is too short to be scrubbed without blanking innocent text
 */
export function createRedactor(options: readonly string[] | RedactOptions | undefined, outer?: Redactor): Redactor {
  if (options === undefined) return outer ?? { hides: isSensitiveKey, held: [] };
  const given: RedactOptions = isList(options) ? { keys: options } : options;
  checkOptions("redact", given, ["keys", "defaults", "values"]);
  const defaults = given.defaults === undefined || flag("redact.defaults", given.defaults);
  const names = readKeys(given.keys ?? []);
  const base = outer?.hides ?? (defaults ? isSensitiveKey : () => false);
  const hides = names.size === 0 ? base : (key: string) => base(key) || names.has(key.toLowerCase());
  return { hides, held: [...(outer?.held ?? []), ...readValues(given.values ?? [])] };
}

function isList(options: readonly string[] | RedactOptions): options is readonly string[] {
  return Array.isArray(options);
}

function readKeys(keys: unknown): Set<string> {
  if (!Array.isArray(keys)) throw new TypeError(`redact.keys must be a list of names; got ${showValue(keys)}`);
  const names = new Set<string>();
  for (const key of keys) {
    if (typeof key !== "string" || key === "")
      throw new TypeError(`redact.keys must be names that are not empty; got ${showValue(key)}`);
    names.add(key.toLowerCase());
    const last = LAST_NAME.exec(key)?.[1];
    if (last !== undefined) names.add(last.toLowerCase());
  }
  return names;
}

function readValues(values: unknown): Secret<unknown>[] {
  if (!Array.isArray(values)) throw new TypeError(`redact.values must be a list; got ${showValue(values)}`);
  return values.map((value: unknown, i) => {
    const text = isSecret(value) ? value.reveal() : value;
    // The value itself stays out of the message: it is a secret.
    if (typeof text !== "string")
      throw new TypeError(`redact.values[${i}] must be text or a secret of text; got ${typeof text}`);
    if (text.length < SHORTEST_SCRUBBED || text.trim().length < SHORTEST_SCRUBBED)
      throw new TypeError(
        `redact.values[${i}] must have ${SHORTEST_SCRUBBED} or more characters, or it would blank out innocent text; got ${text.length}`,
      );
    return secret(value);
  });
}
