import { constants } from "node:fs";
import { open } from "node:fs/promises";
import type { Credential } from "../credential.ts";
import type { KdfOptions } from "../crypto/argon2.ts";
import { fileStore } from "../stores/file-store.ts";
import { openVault, type Vault, type VaultOptions } from "../vault.ts";
import { CommandError } from "./exit-codes.ts";
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
const DEFAULT_PATH = "credentials.vault";

/** Prints a result: as JSON where that is asked for, else as text, which may be none. */
export function print({ io, options }: CommandContext, value: unknown, text: string): void {
  if (options.json === true) io.stdout.write(`${JSON.stringify(value)}\n`);
  else if (text !== "") io.stdout.write(`${text}\n`);
}

/** The text of an option; `undefined` when it is not given. */
export function textOption({ options }: CommandContext, name: string): string | undefined {
  const value = options[name];
  return typeof value === "string" ? value : undefined;
}

/** A whole number of 0 or more. @throws CommandError */
export function wholeNumber(text: string, what: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new CommandError(`${what} must be a whole number.`);
  return Number(text);
}

/** A positional argument. @throws CommandError when it is missing */
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
  const epoch = textOption(context, "expected-epoch");
  const vault = await openVault({
    store: fileStore(vaultPath(context), { repair: context.options.repair === true }),
    ...(await readUnlocking(context, more.create === true)),
    ...(epoch !== undefined && { expectedEpoch: wholeNumber(epoch, "--expected-epoch") }),
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

/** The path of the vault: option, then environment, then a fixed name. */
export function vaultPath(context: CommandContext): string {
  return textOption(context, "vault") ?? context.io.env.SEAWORTHY_VAULT ?? DEFAULT_PATH;
}

/** A new password, key or bundle password: from the file that `option` names, else asked for twice. */
export async function readNewPassword(context: CommandContext, option: string, question: string): Promise<string> {
  const file = textOption(context, option);
  return file === undefined ? context.terminal.askNew(question) : withoutNewline(await readInput(context, file));
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

/** Text of a file or a pipe; the one newline that editors and `echo` put at the end is not part of it. */
export function withoutNewline(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes).replace(/\r?\n$/, "");
  } catch {
    throw new CommandError("The input is not UTF-8.");
  }
}

/** Raw bytes of a key file, or its text. */
export async function readKeyFile(context: CommandContext, path: string): Promise<Uint8Array | string> {
  const bytes = await readInput(context, path);
  return bytes.length === 32 ? bytes : withoutNewline(bytes);
}

async function readUnlocking(context: CommandContext, isNew: boolean): Promise<Credential> {
  const keyFile = textOption(context, "key-file");
  const passwordFile = textOption(context, "password-file") ?? context.io.env.SEAWORTHY_VAULT_PASSWORD_FILE;
  if (keyFile !== undefined) return { key: await readKeyFile(context, keyFile) };
  if (passwordFile !== undefined) return { password: withoutNewline(await readInput(context, passwordFile)) };
  const ask = isNew
    ? context.terminal.askNew.bind(context.terminal)
    : context.terminal.askHidden.bind(context.terminal);
  return { password: await ask("Master password") };
}

/** The cost that the options ask for. */
export function kdfOf(context: CommandContext): KdfOptions {
  const [memory, passes, lanes] = ["memory", "passes", "lanes"].map((name) => textOption(context, name));
  return {
    ...(memory !== undefined && { memory }),
    ...(passes !== undefined && { passes: wholeNumber(passes, "--passes") }),
    ...(lanes !== undefined && { lanes: wholeNumber(lanes, "--lanes") }),
  };
}
