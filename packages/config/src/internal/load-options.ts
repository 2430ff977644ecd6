import { type Clock, type Duration, type Secret, toMilliseconds } from "@seaworthy/core";
import {
  boundedString,
  checkOptions,
  clockOption,
  flag,
  oneOf,
  optionalFunction,
  showValue,
} from "@seaworthy/core/options";
import { isPlainObject } from "./coerce.ts";

/** A warning about something that is valid but probably a mistake. */
export interface ConfigWarning {
  /**
   * `CONFIG_ARGUMENT_SECRET`, `CONFIG_DOTENV_DUPLICATE`, `CONFIG_LOCAL_IGNORED`, `CONFIG_PROFILE_UNKNOWN`,
   * `CONFIG_VARIABLE_DEPRECATED` or `CONFIG_VARIABLE_UNUSED`.
   */
  readonly code: string;
  readonly message: string;
}

/** Returns the value of a reference such as `vault://database/password`. It is called with the part after `://`. */
export type ReferenceResolver = (name: string) => Promise<string | Secret<string>> | string | Secret<string>;

/** Options of `loadConfig`. */
export interface LoadConfigOptions {
  /**
   * The profile, whose file is read. `config/local.json` and the default `.env` files are read in `development` only.
   * @default the variable `APP_PROFILE` (with a prefix, `<PREFIX>_PROFILE`), else `NODE_ENV`, else `"development"`
   */
  profile?: string | undefined;
  /**
   * The directory, or several, of `default.json`, `<profile>.json` and `local.json`. Each file may be absent, but a
   * directory that is named here must exist. A file in a later directory wins over the same file in an earlier one. `false`
   * reads no files. @default "config", which may be absent
   */
  directory?: string | readonly string[] | false | undefined;
  /** The environment. It is copied and never changed. @default process.env */
  env?: Readonly<Record<string, string | undefined>> | undefined;
  /** The first part of the name of every variable: with `"APP"`, `http.port` is read from `APP_HTTP__PORT`. @default none */
  prefix?: string | undefined;
  /** A directory with one file per secret, named after the variable or the path. It must exist. @default none */
  secretsDirectory?: string | undefined;
  /**
   * A `.env` file. A file that is named here is read in every profile and must exist. `false` reads no `.env` file.
   * @default ".env" in the profile `development`, and ".env.<profile>" in every profile. Both are beside the (first)
   * directory and may be absent, and the second wins
   */
  envFile?: string | false | undefined;
  /** Whether `${VAR}` in files, in `.env` and in the environment is replaced by the variable. @default true */
  expand?: boolean | undefined;
  /**
   * Arguments of the command line, such as `process.argv.slice(2)`: `--http.port=80` sets `http.port` and wins over the
   * environment. An argument that begins with `--` but does not name a value is refused. @default none
   */
  args?: readonly string[] | undefined;
  /** Values that win over every other layer. @default none */
  overrides?: object | undefined;
  /** Resolvers of references by scheme: `{ vault: (name) => vault.get(name) }` serves `vault://name`. @default none */
  references?: Readonly<Record<string, ReferenceResolver>> | undefined;
  /** The longest wait for one reference. If it passes, the reference is a problem like any other. @default "10s" */
  referenceTimeout?: Duration | undefined;
  /** What happens to a key in a file that the schema does not have. @default "refuse" */
  unknownKeys?: "refuse" | "ignore" | undefined;
  /** Called with each warning. @default process.emitWarning */
  onWarning?: ((warning: ConfigWarning) => void) | undefined;
  /** @default systemClock */
  clock?: Clock | undefined;
}

const OPTIONS: readonly string[] = [
  "profile",
  "directory",
  "env",
  "prefix",
  "secretsDirectory",
  "envFile",
  "expand",
  "args",
  "overrides",
  "references",
  "referenceTimeout",
  "unknownKeys",
  "onWarning",
  "clock",
];
const LONGEST_PATH = 4096;
const SCHEME = /^[a-z][a-z0-9+.-]*$/;
/** A profile is part of the name of a file. */
const PROFILE = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
/** Names of files that do not belong to a profile. */
const OTHER_FILES: ReadonlySet<string> = new Set(["default", "local"]);

/** What a profile must be, in words. */
export const PROFILE_WORDS = 'letters, digits, "-" and "_", and not "default" or "local"';

export function isProfile(value: unknown): value is string {
  return typeof value === "string" && PROFILE.test(value) && !OTHER_FILES.has(value);
}

/** @throws TypeError if an option is unknown or invalid */
export function checkLoadOptions(owner: string, options: LoadConfigOptions, more: readonly string[] = []): void {
  checkOptions(owner, options, [...OPTIONS, ...more]);
  const { profile, env, expand, args, overrides, references, unknownKeys, onWarning, clock } = options;
  if (profile !== undefined && !isProfile(profile))
    throw new TypeError(`profile must be ${PROFILE_WORDS}; got ${showValue(profile)}`);
  const directories: readonly unknown[] = Array.isArray(options.directory) ? options.directory : [options.directory];
  if (directories.length === 0)
    throw new TypeError(`directory must be a path, an array of paths, or false; got ${showValue(options.directory)}`);
  if (options.directory !== false) for (const directory of directories) checkPath("directory", directory);
  checkPath("secretsDirectory", options.secretsDirectory);
  if (options.envFile !== false) checkPath("envFile", options.envFile);
  if (env !== undefined && (typeof env !== "object" || env === null || Array.isArray(env)))
    throw new TypeError(`env must be an object; got ${showValue(env)}`);
  if (expand !== undefined) flag("expand", expand);
  if (args !== undefined && !(Array.isArray(args) && args.every((text) => typeof text === "string")))
    throw new TypeError(`args must be an array of strings; got ${showValue(args)}`);
  if (overrides !== undefined && !isPlainObject(overrides))
    throw new TypeError(`overrides must be a plain object; got ${showValue(overrides)}`);
  checkReferences(references);
  if (options.referenceTimeout !== undefined) toMilliseconds(options.referenceTimeout, "referenceTimeout");
  if (unknownKeys !== undefined) oneOf("unknownKeys", unknownKeys, ["refuse", "ignore"]);
  optionalFunction("onWarning", onWarning);
  clockOption("clock", clock);
}

function checkPath(name: string, value: unknown): void {
  if (value !== undefined && boundedString(name, value, 1, LONGEST_PATH).includes("\0"))
    throw new TypeError(`${name} must be a path without a NUL; got ${showValue(value)}`);
}

function checkReferences(references: unknown): void {
  if (references === undefined) return;
  if (!isPlainObject(references)) throw new TypeError(`references must be an object; got ${showValue(references)}`);
  for (const [scheme, resolver] of Object.entries(references)) {
    if (!SCHEME.test(scheme) || typeof resolver !== "function")
      throw new TypeError(
        `references.${scheme} must have a scheme in lower case and a function; got ${showValue(resolver)}`,
      );
  }
}
