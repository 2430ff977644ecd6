import { exportBundle, importBundle } from "./bundle-commands.ts";
import type { CommandContext } from "./context.ts";
import { due, get, history, list, remove, rollback, set, totp } from "./entry-commands.ts";
import { addKey, init, keys, passwd, reencrypt, removeKey, verify } from "./key-commands.ts";
import { rotate, run } from "./run-commands.ts";

/** One option: whether it takes a value, may come again, and what it is for. */
export interface OptionSpec {
  readonly value?: string;
  readonly multiple?: true;
  readonly help: string;
}

/** One command. */
export interface CommandSpec {
  /** What stands behind its name. */
  readonly usage?: string;
  readonly help: string;
  /** Positional arguments, at most. */
  readonly most: number;
  /** Whether a command may stand behind `--`. */
  readonly takesCommand?: true;
  readonly options?: Readonly<Record<string, OptionSpec>>;
  /** Resolves to an exit status where that is not 0. */
  run(context: CommandContext): Promise<unknown>;
}

const KDF: Readonly<Record<string, OptionSpec>> = {
  memory: { value: "SIZE", help: "memory of Argon2id, 19mib to 1gib (64mib)" },
  passes: { value: "N", help: "passes of Argon2id, 1 to 10 (3)" },
  lanes: { value: "N", help: "lanes of Argon2id, 1 to 16 (4)" },
};
const NEW_PASSWORD: OptionSpec = { value: "FILE", help: "new password from a file, - for standard input" };
const BUNDLE_PASSWORD: OptionSpec = { value: "FILE", help: "the bundle's password from a file" };
const RECOVERY: OptionSpec = { help: "make a recovery code and show it, once" };

/** Options of every command. */
export const GLOBAL_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  vault: { value: "PATH", help: "the vault's file (SEAWORTHY_VAULT, or credentials.vault)" },
  "password-file": {
    value: "FILE",
    help: "master password from a file (SEAWORTHY_VAULT_PASSWORD_FILE), - for standard input",
  },
  "key-file": { value: "FILE", help: "raw key from a file: 32 bytes, or hexadecimal or base64" },
  "expected-epoch": { value: "N", help: "refuse a vault older than this" },
  repair: { help: "tighten loose permissions instead of refusing them" },
  json: { help: "print JSON" },
  help: { help: "show this" },
};

/** The commands by name. */
export const COMMANDS: Readonly<Record<string, CommandSpec>> = {
  init: { help: "make a vault", most: 0, options: { recovery: RECOVERY, ...KDF }, run: init },
  set: {
    usage: "NAME",
    help: "keep a value, typed or from standard input",
    most: 1,
    options: {
      expires: { value: "WHEN", help: "a date, or a duration from now" },
      "rotate-after": { value: "DURATION", help: "when `due` names it" },
      label: { value: "NAME=TEXT", multiple: true, help: "a label, not secret" },
    },
    run: set,
  },
  get: {
    usage: "NAME",
    help: "print a value",
    most: 1,
    options: {
      version: { value: "N", help: "which version" },
      "allow-expired": { help: "even if it has expired" },
      "no-newline": { help: "without a newline behind it" },
    },
    run: get,
  },
  list: { help: "print names, versions, days of expiry and rotation", most: 0, run: list },
  history: { usage: "NAME", help: "print the versions kept", most: 1, run: history },
  rollback: { usage: "NAME VERSION", help: "make an old version the next one", most: 2, run: rollback },
  remove: { usage: "NAME", help: "remove an entry with all its versions", most: 1, run: remove },
  due: {
    help: "print what expires or wants rotation soon",
    most: 0,
    options: { within: { value: "DURATION", help: "how soon (7d)" } },
    run: due,
  },
  totp: { usage: "NAME", help: "print the current code of an otpauth:// entry", most: 1, run: totp },
  rotate: {
    usage: "NAME -- COMMAND | --keys",
    help: "replace a credential by means of a command, or the vault's root key",
    most: 1,
    takesCommand: true,
    options: {
      "value-stdin": { help: "the new value from standard input; otherwise it is made" },
      keys: { help: "rotate the root key instead" },
      only: { help: "with --keys: a new password becomes the only key slot" },
      "new-password-file": NEW_PASSWORD,
      ...KDF,
    },
    run: rotate,
  },
  passwd: {
    help: "change the master password",
    most: 0,
    options: { "new-password-file": NEW_PASSWORD, ...KDF },
    run: passwd,
  },
  keys: { help: "print the key slots", most: 0, run: keys },
  "add-key": {
    help: "add a password, a raw key or a recovery code",
    most: 0,
    options: {
      recovery: RECOVERY,
      "new-password-file": NEW_PASSWORD,
      "new-key-file": { value: "FILE", help: "a raw key from a file" },
      ...KDF,
    },
    run: addKey,
  },
  "remove-key": { usage: "ID", help: "remove a key slot", most: 1, run: removeKey },
  reencrypt: { help: "encrypt every version anew", most: 0, run: reencrypt },
  export: {
    usage: "FILE",
    help: "write an encrypted bundle, - for standard output",
    most: 1,
    options: {
      name: { value: "NAME", multiple: true, help: "which entries (all)" },
      "bundle-password-file": BUNDLE_PASSWORD,
      ...KDF,
    },
    run: exportBundle,
  },
  import: {
    usage: "FILE",
    help: "take the entries of a bundle",
    most: 1,
    options: {
      "on-conflict": { value: "POLICY", help: "fail, skip or replace (fail)" },
      "bundle-password-file": BUNDLE_PASSWORD,
    },
    run: importBundle,
  },
  verify: { help: "check everything; the exit status is the answer", most: 0, run: verify },
  run: {
    usage: "-- COMMAND",
    help: "run a command with credentials in its environment",
    most: 0,
    takesCommand: true,
    options: {
      secret: { value: "[VARIABLE=]NAME", multiple: true, help: "a credential, and what the command knows it by" },
      all: { help: "all credentials, as without --secret" },
    },
    run,
  },
};
