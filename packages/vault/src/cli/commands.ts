import { exportBundle, importBundle } from "./bundle-commands.ts";
import type { CommandContext } from "./context.ts";
import {
  destroy,
  due,
  edit,
  generate,
  get,
  history,
  list,
  metadata,
  remove,
  rename,
  rollback,
  set,
  totp,
  undelete,
} from "./entry-commands.ts";
import { inject } from "./inject-command.ts";
import { addKey, init, keys, passwd, reencrypt, removeKey, verify } from "./key-commands.ts";
import { backup, doctor, restore } from "./repair-commands.ts";
import { rotate, run } from "./run-commands.ts";

/** One option: whether it takes a value, may come again, and what it is for. */
export interface OptionSpec {
  readonly value?: string;
  readonly multiple?: true;
  /** One letter that stands for it. */
  readonly short?: string;
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
const WEAK: OptionSpec = { help: "take a password of fewer than 12 characters" };
const FORMAT: OptionSpec = { value: "FORMAT", help: "bundle (encrypted), or in clear: env, json (bundle)" };
const RECOVERY: OptionSpec = { help: "make a recovery code and show it, once" };

const FACTS: Readonly<Record<string, OptionSpec>> = {
  expires: { value: "WHEN", help: "a date, or a duration from now" },
  "rotate-after": { value: "DURATION", help: "when `due` names it" },
  label: { value: "NAME=TEXT", multiple: true, short: "l", help: "a label, which is not secret" },
};

/** Options of every command. */
export const GLOBAL_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  vault: { value: "PATH", short: "v", help: "the vault's file (SEAWORTHY_VAULT, or .seaworthy/credentials.vault)" },
  "password-command": {
    value: "COMMAND",
    help: "master password from what a shell command prints (SEAWORTHY_VAULT_PASSWORD_COMMAND)",
  },
  "password-file": {
    value: "FILE",
    help: "master password from a file (SEAWORTHY_VAULT_PASSWORD_FILE), - for standard input",
  },
  "key-file": { value: "FILE", help: "raw key from a file: 32 bytes, or hexadecimal or base64" },
  "expected-epoch": { value: "N", help: "refuse a vault older than this" },
  repair: { help: "tighten loose permissions instead of refusing them" },
  json: { short: "j", help: "print JSON" },
  help: { short: "h", help: "show this" },
};

/** The commands by name. */
export const COMMANDS: Readonly<Record<string, CommandSpec>> = {
  init: {
    help: "make a vault",
    most: 0,
    options: { recovery: RECOVERY, "allow-weak-password": WEAK, ...KDF },
    run: init,
  },
  set: {
    usage: "NAME",
    help: "store a value that is typed, piped in, or in a file",
    most: 1,
    options: {
      file: { value: "FILE", short: "f", help: "the value is this file, byte by byte" },
      ...FACTS,
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
      "no-newline": { help: "without a newline at the end" },
      out: { value: "FILE", short: "o", help: "write it to a new file of mode 0600, byte by byte" },
    },
    run: get,
  },
  edit: {
    usage: "NAME",
    help: "change a value in an editor ($VISUAL, $EDITOR, or vi)",
    most: 1,
    options: FACTS,
    run: edit,
  },
  generate: {
    usage: "NAME",
    help: "store a random value",
    most: 1,
    options: {
      length: { value: "N", help: "characters, 8 to 4096 (32)" },
      alphabet: { value: "CHARACTERS", help: "what to choose from (letters and digits)" },
      print: { help: "print the value, too" },
      ...FACTS,
    },
    run: generate,
  },
  metadata: {
    usage: "NAME",
    help: "change expiry, reminder or labels, and not the value; WHEN and DURATION may be `never`",
    most: 1,
    options: FACTS,
    run: metadata,
  },
  list: {
    help: "print names, versions, days of expiry and rotation",
    most: 0,
    options: {
      prefix: { value: "TEXT", help: "names that begin with this" },
      label: { value: "NAME=TEXT", multiple: true, short: "l", help: "entries with this label" },
      removed: { help: "removed entries that can be brought back" },
    },
    run: list,
  },
  history: { usage: "NAME", help: "print the versions kept", most: 1, run: history },
  rollback: { usage: "NAME VERSION", help: "make an old version the next one", most: 2, run: rollback },
  rename: { usage: "NAME NEW-NAME", help: "give an entry another name", most: 2, run: rename },
  remove: { usage: "NAME", help: "remove an entry with all its versions", most: 1, run: remove },
  undelete: { usage: "NAME", help: "bring a removed entry back, if the file still has it", most: 1, run: undelete },
  destroy: { usage: "NAME VERSION", help: "remove one version that is not current", most: 2, run: destroy },
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
      "allow-weak-password": WEAK,
      ...KDF,
    },
    run: rotate,
  },
  passwd: {
    help: "change the master password",
    most: 0,
    options: { "new-password-file": NEW_PASSWORD, "allow-weak-password": WEAK, ...KDF },
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
      "allow-weak-password": WEAK,
      ...KDF,
    },
    run: addKey,
  },
  "remove-key": { usage: "ID", help: "remove a key slot", most: 1, run: removeKey },
  reencrypt: { help: "encrypt every version anew", most: 0, run: reencrypt },
  export: {
    usage: "FILE",
    help: "write an encrypted bundle, - for standard output; or, with --format, values in clear",
    most: 1,
    options: {
      name: { value: "NAME", multiple: true, short: "n", help: "which entries (all)" },
      format: FORMAT,
      "allow-weak-password": WEAK,
      "bundle-password-file": BUNDLE_PASSWORD,
      ...KDF,
    },
    run: exportBundle,
  },
  import: {
    usage: "FILE",
    help: "take the entries of a bundle, a .env file or a JSON object",
    most: 1,
    options: {
      format: FORMAT,
      prefix: { value: "TEXT", help: "with env and json: what names are to begin with" },
      "on-conflict": { value: "POLICY", help: "fail, skip or replace (fail)" },
      "bundle-password-file": BUNDLE_PASSWORD,
    },
    run: importBundle,
  },
  inject: {
    usage: "[FILE]",
    help: "print a template with its vault://NAME and {{ vault://NAME }} replaced",
    most: 1,
    options: { out: { value: "FILE", short: "o", help: "write it to a new file of mode 0600" } },
    run: inject,
  },
  backup: { usage: "FILE", help: "write the whole vault to one file, - for standard output", most: 1, run: backup },
  restore: {
    usage: "FILE | --last-good",
    help: "put a backup or the last good copy in the vault's place",
    most: 1,
    options: {
      "last-good": { help: "the state before the last write, which is kept beside the vault" },
      replace: { help: "move a vault that is there aside" },
    },
    run: restore,
  },
  doctor: { help: "look at the vault's files without a password", most: 0, run: doctor },
  verify: { help: "check everything; the exit status is the answer", most: 0, run: verify },
  run: {
    usage: "-- COMMAND",
    help: "run a command with credentials in its environment",
    most: 0,
    takesCommand: true,
    options: {
      secret: {
        value: "[VARIABLE=]NAME",
        multiple: true,
        short: "s",
        help: "a credential, and what the command knows it by",
      },
      all: { help: "all credentials, as without --secret and --env-file" },
      "env-file": {
        value: "FILE",
        multiple: true,
        help: "variables of a .env file, with its vault:// references resolved",
      },
      "allow-expired": { help: "also credentials that have expired" },
    },
    run,
  },
};
