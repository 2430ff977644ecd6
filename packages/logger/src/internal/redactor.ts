import { isSecret, type Secret, secret } from "@seaworthy/core";
import { checkOptions, flag, showValue } from "@seaworthy/core/options";
import { isSensitiveKey, SHORTEST_SCRUBBED } from "@seaworthy/core/redaction";
import type { Censor, RedactOptions } from "../redact.ts";
import { type PathRule, PathState, readPath } from "./redact-paths.ts";

/** What a redactor does beyond blanking names with `[redacted]`. */
export interface RedactRules {
  readonly paths: PathState | undefined;
  readonly censor: string | Censor | undefined;
  readonly remove: boolean;
}

/** Decides which names are blanked, and keeps the given values alive as secrets, so that they are found by value. */
export interface Redactor {
  readonly hides: (key: string) => boolean;
  readonly held: readonly Secret<unknown>[];
  /** `undefined` if only names are blanked. */
  readonly rules: RedactRules | undefined;
  readonly parts: RedactParts;
}

/** The parts that a redactor is made of. */
export interface RedactParts {
  readonly defaults: boolean;
  /** In lower case. */
  readonly names: ReadonlySet<string>;
  readonly exceptNames: ReadonlySet<string>;
  readonly paths: readonly PathRule[];
  readonly censor: string | Censor | undefined;
  readonly remove: boolean;
}

const OPTIONS = ["paths", "names", "except", "defaults", "values", "censor", "remove"];
const BARE = /^[^.[\]*\s]+$/;
const NOTHING: RedactParts = {
  defaults: true,
  names: new Set(),
  exceptNames: new Set(),
  paths: [],
  censor: undefined,
  remove: false,
};

/**
 * Reads the `redact` option, and adds it to `outer` if it is the option of a child logger.
 *
 * @throws TypeError if an option is not as described, or if a value is so short that it would be blanked in other text too
 */
export function createRedactor(options: readonly string[] | RedactOptions | undefined, outer?: Redactor): Redactor {
  const { parts, held } = outer ?? { parts: NOTHING, held: [] };
  if (options === undefined) return outer ?? assemble(parts, held);
  const given: RedactOptions = isArray(options) ? { paths: options } : options;
  checkOptions("redact", given, OPTIONS);
  const { censor, remove } = given;
  if (censor !== undefined && typeof censor !== "string" && typeof censor !== "function")
    throw new TypeError(`redact.censor must be a string or a function; got ${showValue(censor)}`);
  if (remove !== undefined) flag("redact.remove", remove);
  if (remove === true && censor !== undefined)
    throw new TypeError("redact.censor has no effect if redact.remove is true");
  const defaults = given.defaults === undefined ? parts.defaults : flag("redact.defaults", given.defaults);
  const hidden = readEntries("redact.paths", given.paths ?? [], true);
  const kept = readEntries("redact.except", given.except ?? [], false);
  const names = new Set([...hidden.names, ...readNames(given.names ?? [])]);
  for (const name of names)
    if (kept.names.has(name)) throw new TypeError(`redact.except has ${showValue(name)}, which redact blanks as well`);
  return assemble(
    {
      // A child cannot show what its parent hides by default.
      defaults: outer === undefined ? defaults : parts.defaults || defaults,
      names: new Set([...parts.names, ...names]),
      exceptNames: new Set([...parts.exceptNames].filter((name) => !names.has(name)).concat([...kept.names])),
      paths: [...parts.paths, ...hidden.paths, ...kept.paths],
      censor: censor ?? (remove === true ? undefined : parts.censor),
      remove: remove ?? (censor === undefined && parts.remove),
    },
    [...held, ...readValues(given.values ?? [])],
  );
}

function assemble(parts: RedactParts, held: readonly Secret<unknown>[]): Redactor {
  const { defaults, names, exceptNames, paths, censor, remove } = parts;
  const base = defaults ? isSensitiveKey : () => false;
  const named = names.size === 0 ? base : (key: string) => base(key) || names.has(key.toLowerCase());
  const hides = exceptNames.size === 0 ? named : (key: string) => named(key) && !exceptNames.has(key.toLowerCase());
  const simple = paths.length === 0 && censor === undefined && !remove;
  const rules = simple ? undefined : { paths: paths.length === 0 ? undefined : new PathState(paths), censor, remove };
  return { hides, held, rules, parts };
}

function isArray(options: readonly string[] | RedactOptions): options is readonly string[] {
  return Array.isArray(options);
}

function readEntries(option: string, given: unknown, hides: boolean): { names: Set<string>; paths: PathRule[] } {
  if (!Array.isArray(given))
    throw new TypeError(`${option} must be an array of names and paths; got ${showValue(given)}`);
  const names = new Set<string>();
  const paths: PathRule[] = [];
  given.forEach((entry: unknown, i) => {
    const steps = typeof entry === "string" ? readPath(entry) : undefined;
    if (typeof entry !== "string" || steps === undefined)
      throw new TypeError(
        `${option}[${i}] must be a name or a path such as "user.id" or "items[*].token"; got ${showValue(entry)}`,
      );
    if (BARE.test(entry)) names.add(entry.toLowerCase());
    else paths.push({ steps, hides });
  });
  return { names, paths };
}

function readNames(given: unknown): string[] {
  if (!Array.isArray(given)) throw new TypeError(`redact.names must be an array of names; got ${showValue(given)}`);
  return given.map((name: unknown, i) => {
    if (typeof name !== "string" || name === "")
      throw new TypeError(`redact.names[${i}] must be a name that is not empty; got ${showValue(name)}`);
    return name.toLowerCase();
  });
}

function readValues(values: unknown): Secret<unknown>[] {
  if (!Array.isArray(values)) throw new TypeError(`redact.values must be an array; got ${showValue(values)}`);
  return values.map((value: unknown, i) => {
    const text = isSecret(value) ? value.reveal() : value;
    // The message does not contain the value, which is a secret.
    if (typeof text !== "string")
      throw new TypeError(`redact.values[${i}] must be a string or a secret that holds one; got ${typeof text}`);
    if (text.length < SHORTEST_SCRUBBED || text.trim().length < SHORTEST_SCRUBBED)
      throw new TypeError(
        `redact.values[${i}] must have ${SHORTEST_SCRUBBED} or more characters, or it would blank other text as well; got ${text.length}`,
      );
    return secret(value);
  });
}
