import { isUtf8 } from "node:buffer";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:fs";
import { open, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { buffer } from "node:stream/consumers";
import { withoutUndefined } from "@seaworthy/core/objects";
import type { Credential, KdfOptions } from "../credential.ts";
import { errors } from "../errors.ts";
import { FileGuard } from "../internal/file-guard.ts";
import { nodeFiles } from "../internal/files.ts";
import { openVault } from "../open-vault.ts";
import { fileStore } from "../stores/file-store.ts";
import type { Vault, VaultOptions } from "../vault.ts";
import { CommandError, EXIT } from "./exit-codes.ts";
import type { Io, Terminal } from "./terminal.ts";

/** Values of the options of one call. */
export type OptionValues = Readonly<Record<string, string | boolean | string[] | undefined>>;

/** All that a command works with. */
export interface CommandContext {
  readonly io: Io;
  readonly terminal: Terminal;
  readonly options: OptionValues;
  readonly positionals: readonly string[];
  /** What stands behind `--`. */
  readonly command: readonly string[];
}

const LONGEST_FILE = 8 * 1024 * 1024;
const DEFAULT_PATH = join(".seaworthy", "credentials.vault");
const SHORTEST_PASSWORD = 12;
const OTHERS = 0o077;

/** Prints a result: as JSON with `--json`, otherwise as text, which may be empty. */
export function print({ io, options }: CommandContext, value: unknown, text: string): void {
  if (options.json === true) io.stdout.write(`${JSON.stringify(value)}\n`);
  else if (text !== "") io.stdout.write(`${text}\n`);
}

/** The texts of an option that can be given several times, or `undefined` if it is missing. */
export function textsOf(context: CommandContext, name: string): string[] | undefined {
  const value = context.options[name];
  return Array.isArray(value) ? value.map(String) : undefined;
}

/** The text of an option, or `undefined` if it is missing. */
export function textOption({ options }: CommandContext, name: string): string | undefined {
  const value = options[name];
  return typeof value === "string" ? value : undefined;
}

/** An integer of 0 or more. @throws CommandError */
export function integer(text: string, what: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new CommandError(`${what} must be an integer.`);
  return Number(text);
}

/** The integer of an option, or `undefined` if it is missing. @throws CommandError */
export function integerOption(context: CommandContext, name: string): number | undefined {
  const text = textOption(context, name);
  return text === undefined ? undefined : integer(text, `--${name}`);
}

/** A positional argument. @throws CommandError if it is missing */
export function positional({ positionals }: CommandContext, at: number, what: string): string {
  const value = positionals[at];
  if (value === undefined) throw new CommandError(`${what} is missing.`);
  return value;
}

/** Runs `work` on the vault that the options name, and locks it. */
export async function withVault<T>(
  context: CommandContext,
  work: (vault: Vault) => Promise<T>,
  more: Partial<VaultOptions> = {},
): Promise<T> {
  const path = vaultPath(context);
  const repair = context.options.repair === true;
  const store = fileStore(path, { repair });
  // Before the prompt for a password that would be of no use.
  if (more.create === true) await new FileGuard(nodeFiles, resolve(path), repair).checkPlace();
  else if ((await store.epoch()) === undefined) throw errors.VAULT_MISSING({ path }, { message: noVaultAt(path) });
  const vault = await openVault({
    store,
    ...(await readUnlocking(context, more.create === true)),
    ...withoutUndefined({ expectedEpoch: integerOption(context, "expected-epoch") }),
    autoLock: false,
    kdf: kdfOf(context),
    ...more,
  });
  try {
    return await work(vault);
  } finally {
    await vault.close();
  }
}

function noVaultAt(path: string): string {
  return `There is no vault at ${path}. Create one with "seaworthy-vault init", or name another one with --vault`;
}

/** The name of an entry. A value behind an equals sign, as other tools take it, would be stored in clear as a name. */
export function entryName(context: CommandContext): string {
  const name = positional(context, 0, "The name");
  if (!name.includes("=")) return name;
  throw new CommandError("A name has no equals sign. Type the value at the prompt, pipe it in, or use --file.");
}

/** The path of the vault: option, then environment, then a fixed name. */
export function vaultPath(context: CommandContext): string {
  return textOption(context, "vault") ?? context.io.env.SEAWORTHY_VAULT ?? DEFAULT_PATH;
}

/** A new password, key or bundle password: from the file that `option` names, otherwise typed twice. */
export async function readNewPassword(context: CommandContext, option: string, question: string): Promise<string> {
  const file = textOption(context, option);
  const password =
    file === undefined ? await context.terminal.askNew(question) : withoutNewline(await readInput(context, file));
  return strongEnough(context, password);
}

function strongEnough(context: CommandContext, password: string): string {
  if (password.length >= SHORTEST_PASSWORD || context.options["allow-weak-password"] === true) return password;
  throw new CommandError(
    `The password has fewer than ${SHORTEST_PASSWORD} characters, which can be guessed from the file. Choose six random words, or use --allow-weak-password.`,
  );
}

/** The content of a file of at most `most` bytes, `-` for standard input. */
export async function readInput(
  { terminal }: CommandContext,
  path: string,
  most: number = LONGEST_FILE,
): Promise<Buffer> {
  if (path === "-") return terminal.readAll(most);
  const handle = await open(path, constants.O_RDONLY).catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(`${path} cannot be read (${error.code}).`);
  });
  try {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of handle.createReadStream({ autoClose: false })) {
      size += (chunk as Buffer).length;
      if (size > most) throw new CommandError(`${path} is too long.`);
      chunks.push(chunk as Buffer);
    }
    return Buffer.concat(chunks);
  } finally {
    await handle.close();
  }
}

/** A value from a pipe: text without the newline at its end, or the very bytes if they are not text. */
export function textOrBytes(bytes: Buffer): string | Buffer {
  return isUtf8(bytes) ? withoutNewline(bytes) : bytes;
}

/** Writes a new file of mode 0600. @throws CommandError if it exists or cannot be written */
export async function writeNewFile(path: string, bytes: Uint8Array): Promise<void> {
  await nodeFiles.create(path, bytes).catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(`${path} cannot be written (${error.code}).`, EXIT.failed);
  });
}

/** Text of a file or a pipe; the one newline that editors and `echo` put at the end is not part of it. */
export function withoutNewline(bytes: Buffer): string {
  return textOf(bytes).replace(/\r?\n$/, "");
}

/** All of a file or a pipe as text. @throws CommandError */
export function textOf(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new CommandError("The input is not UTF-8 text.");
  }
}

/** Raw bytes of a key file, or its text. */
export async function readKeyFile(context: CommandContext, path: string): Promise<Uint8Array | string> {
  const bytes = await readInput(context, path);
  return bytes.length === 32 ? bytes : withoutNewline(bytes);
}

async function readUnlocking(context: CommandContext, isNew: boolean): Promise<Credential> {
  const keyFile = textOption(context, "key-file");
  if (keyFile !== undefined) return { key: await readKeyFile(context, keyFile) };
  const password = await readPassword(context, isNew);
  return { password: isNew ? strongEnough(context, password) : password };
}

/** From a command or a file that options name, then from those that variables name, then from the terminal. */
async function readPassword(context: CommandContext, isNew: boolean): Promise<string> {
  const { env } = context.io;
  const [command, file] = [textOption(context, "password-command"), textOption(context, "password-file")];
  if (command !== undefined) return passwordOf(command, env);
  if (file !== undefined) return passwordIn(context, file);
  if (env.SEAWORTHY_VAULT_PASSWORD_COMMAND) return passwordOf(env.SEAWORTHY_VAULT_PASSWORD_COMMAND, env);
  if (env.SEAWORTHY_VAULT_PASSWORD_FILE) return passwordIn(context, env.SEAWORTHY_VAULT_PASSWORD_FILE);
  return isNew ? context.terminal.askNew("Master password") : context.terminal.askHidden("Master password");
}

async function passwordIn(context: CommandContext, path: string): Promise<string> {
  const mode =
    path === "-"
      ? 0
      : await stat(path).then(
          (found) => (found.isFile() ? found.mode & 0o777 : 0),
          () => 0,
        );
  if (process.platform !== "win32" && (mode & OTHERS) !== 0)
    context.io.stderr.write(`seaworthy-vault: other accounts can read ${path} (mode 0${mode.toString(8)}).\n`);
  return withoutNewline(await readInput(context, path));
}

/** What a command prints, such as `pass show vault` or `systemd-creds decrypt …`. */
async function passwordOf(command: string, env: CommandContext["io"]["env"]): Promise<string> {
  const child = spawn("sh", ["-c", command], { stdio: ["inherit", "pipe", "inherit"], env });
  const [printed, [status]] = await Promise.all([buffer(child.stdout), once(child, "close")]);
  if (status !== 0) throw new CommandError(`The password command ended with status ${status}.`, EXIT.unlock);
  return withoutNewline(printed);
}

/** The cost in the options. */
export function kdfOf(context: CommandContext): KdfOptions {
  return withoutUndefined({
    memory: textOption(context, "memory"),
    passes: integerOption(context, "passes"),
    lanes: integerOption(context, "lanes"),
  });
}
