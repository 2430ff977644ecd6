import { isUtf8 } from "node:buffer";
import { type Duration, toMilliseconds } from "@seaworthy/core";
import { withoutUndefined } from "@seaworthy/core/objects";
import type { Entry, SetOptions } from "../entries.ts";
import { generateSecret } from "../generate-secret.ts";
import {
  type CommandContext,
  entryName,
  integer,
  integerOption,
  positional,
  print,
  readInput,
  textOption,
  textOrBytes,
  textsOf,
  withVault,
  writeNewFile,
} from "./context.ts";
import { editText } from "./editor.ts";
import { CommandError } from "./exit-codes.ts";

/** In the place of a date or a duration. */
const NEVER = "never";

export async function set(context: CommandContext): Promise<void> {
  const name = entryName(context);
  const options = setOptions(context);
  // The vault first: a user should not type a value for a vault that does not open.
  await withVault(context, async (vault) => {
    print(context, await vault.set(name, await readValue(context, name), options), "");
  });
}

/** Prints a value, or writes it to a new file byte by byte. */
export async function get(context: CommandContext): Promise<void> {
  const name = positional(context, 0, "The name");
  const path = textOption(context, "out");
  await withVault(context, async (vault) => {
    const version = integerOption(context, "version");
    const allowExpired = context.options["allow-expired"] === true;
    const value = await vault.getBytes(name, withoutUndefined({ version, allowExpired }));
    const bytes = Buffer.from(value.reveal());
    if (path !== undefined) {
      await writeNewFile(path, bytes);
      return print(context, { name, file: path, bytes: bytes.length }, "");
    }
    const isText = isUtf8(bytes);
    if (context.options.json === true)
      return print(
        context,
        { name, ...(isText ? { value: bytes.toString() } : { base64: bytes.toString("base64") }) },
        "",
      );
    context.io.stdout.write(bytes);
    // A newline would change bytes that are not text.
    if (isText && context.options["no-newline"] !== true) context.io.stdout.write("\n");
  });
}

/** Opens a value in the editor of the person, and stores what the editor leaves, if it differs. */
export async function edit(context: CommandContext): Promise<void> {
  const name = entryName(context);
  await withVault(context, async (vault) => {
    const known = vault.list().find((entry) => entry.name === name);
    const before = known === undefined ? "" : (await vault.get(name, { allowExpired: true })).reveal();
    const after = await editText(context, before);
    if (after === before) return print(context, { name, changed: false }, "");
    const ifVersion = known?.version ?? 0;
    print(context, await vault.set(name, after, { ...setOptions(context), ifVersion }), "");
  });
}

export async function list(context: CommandContext): Promise<void> {
  const prefix = textOption(context, "prefix");
  const removed = context.options.removed === true;
  await withVault(context, async (vault) => {
    const entries = vault.list(withoutUndefined({ prefix, labels: labelsOf(context), removed }));
    print(context, entries, entries.map(line).join("\n"));
  });
}

export async function history(context: CommandContext): Promise<void> {
  const name = positional(context, 0, "The name");
  await withVault(context, async (vault) => {
    const versions = vault.history(name);
    const text = versions.map((one) => `${one.version}\t${new Date(one.createdAt).toISOString()}`);
    print(context, versions, text.join("\n"));
  });
}

export async function rollback(context: CommandContext): Promise<void> {
  const name = positional(context, 0, "The name");
  const version = integer(positional(context, 1, "The version"), "The version");
  await withVault(context, async (vault) => print(context, await vault.rollback(name, version), ""));
}

/** Stores a random value. */
export async function generate(context: CommandContext): Promise<void> {
  const name = entryName(context);
  const length = integerOption(context, "length");
  const value = generateSecret(withoutUndefined({ length, alphabet: textOption(context, "alphabet") }));
  await withVault(context, async (vault) => {
    const entry = await vault.set(name, value, setOptions(context));
    const shown = context.options.print === true ? value.reveal() : undefined;
    print(context, withoutUndefined({ ...entry, value: shown }), shown ?? "");
  });
}

/** Changes what is known of an entry, and not its value. */
export async function metadata(context: CommandContext): Promise<void> {
  const name = positional(context, 0, "The name");
  const options = setOptions(context);
  if (Object.keys(options).length === 0)
    throw new CommandError("Nothing to change: use --expires, --rotate-after or --label.");
  await withVault(context, async (vault) => print(context, await vault.setMetadata(name, options), ""));
}

export async function rename(context: CommandContext): Promise<void> {
  const name = positional(context, 0, "The name");
  const to = positional(context, 1, "The new name");
  await withVault(context, async (vault) => print(context, await vault.rename(name, to), ""));
}

export async function undelete(context: CommandContext): Promise<void> {
  const name = positional(context, 0, "The name");
  await withVault(context, async (vault) => print(context, await vault.undelete(name), ""));
}

export async function destroy(context: CommandContext): Promise<void> {
  const name = positional(context, 0, "The name");
  const version = integer(positional(context, 1, "The version"), "The version");
  await withVault(context, async (vault) => {
    await vault.destroy(name, version);
    print(context, { name, destroyed: version }, "");
  });
}

export async function remove(context: CommandContext): Promise<void> {
  const name = positional(context, 0, "The name");
  await withVault(context, async (vault) => {
    await vault.remove(name);
    print(context, { removed: name }, "");
  });
}

export async function due(context: CommandContext): Promise<void> {
  const within = delay(textOption(context, "within") ?? "7d", "--within");
  await withVault(context, async (vault) => {
    const entries = vault.due(toMilliseconds(within, "--within"));
    const text = entries.map(({ name, reason, at }) => `${name}\t${reason}\t${new Date(at).toISOString()}`);
    print(context, entries, text.join("\n"));
  });
}

export async function totp(context: CommandContext): Promise<void> {
  const name = positional(context, 0, "The name");
  await withVault(context, async (vault) => {
    const code = vault.totp(name);
    print(context, code, code.code);
  });
}

/** A value from the file that `--file` names, from the terminal, or from standard input. */
async function readValue(context: CommandContext, name: string): Promise<string | Uint8Array> {
  const file = textOption(context, "file");
  if (file !== undefined) return readInput(context, file);
  if (!context.terminal.isInteractive) return textOrBytes(await readInput(context, "-"));
  const value = await context.terminal.askValue(`Value of ${name}`);
  if (value === "")
    throw new CommandError(
      "No value was given. To store an empty one, pipe it in: printf '' | seaworthy-vault set NAME",
    );
  return value;
}

function line({ name, version, expiresAt, rotateAt }: Entry): string {
  const day = (at: number | undefined): string => (at === undefined ? "-" : new Date(at).toISOString().slice(0, 10));
  return [name, version, day(expiresAt), day(rotateAt)].join("\t");
}

function setOptions(context: CommandContext): SetOptions {
  return withoutUndefined({
    expiresAt: timeOption(context, "expires", expiry),
    rotateAfter: timeOption(context, "rotate-after", (text) => delay(text, "--rotate-after")),
    labels: labelsOf(context),
  });
}

/** The time of an option: `false` for `never`, or `undefined` if the option is missing. */
function timeOption(context: CommandContext, name: string, read: (text: string) => number): number | false | undefined {
  const text = textOption(context, name);
  if (text === undefined) return undefined;
  return text === NEVER ? false : read(text);
}

/** The labels in the options, or `undefined` if there are not any. */
function labelsOf(context: CommandContext): Record<string, string> | undefined {
  const labels = textsOf(context, "label");
  return labels && Object.fromEntries(labels.map(pair));
}

/** A date, or a duration from now. */
function expiry(text: string): number {
  const date = /^\d{4}-/.test(text) ? Date.parse(text) : Date.now() + delay(text, "--expires");
  if (Number.isNaN(date))
    throw new CommandError("--expires must be a date such as 2027-01-31, or a duration such as 90d.");
  return date;
}

/** Milliseconds of a duration, refused in the words of the command line. */
function delay(text: string, option: string): number {
  try {
    return toMilliseconds(text as Duration, option);
  } catch {
    throw new CommandError(`${option} must be a duration such as 90d or 12h30m.`);
  }
}

function pair(text: string): [string, string] {
  const at = text.indexOf("=");
  if (at < 1) throw new CommandError("--label must be NAME=TEXT.");
  return [text.slice(0, at), text.slice(at + 1)];
}
