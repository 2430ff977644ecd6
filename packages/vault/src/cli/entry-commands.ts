import { toMilliseconds } from "@seaworthy/core";
import type { Entry, SetOptions } from "../entries.ts";
import {
  type CommandContext,
  positional,
  print,
  readInput,
  textOption,
  wholeNumber,
  withoutNewline,
  withVault,
} from "./context.ts";
import { CommandError } from "./exit-codes.ts";

export async function set(context: CommandContext): Promise<void> {
  const name = positional(context, 0, "The name");
  const options = setOptions(context);
  // The vault first: nobody types a value for a vault that does not open.
  await withVault(context, async (vault) => {
    const value = context.terminal.isInteractive
      ? await context.terminal.askHidden(`Value of ${name}`)
      : withoutNewline(await readInput(context, "-"));
    print(context, await vault.set(name, value, options), "");
  });
}

export async function get(context: CommandContext): Promise<void> {
  const name = positional(context, 0, "The name");
  const version = textOption(context, "version");
  await withVault(context, async (vault) => {
    const value = await vault.get(name, {
      ...(version !== undefined && { version: wholeNumber(version, "--version") }),
      allowExpired: context.options["allow-expired"] === true,
    });
    if (context.options.json === true) print(context, { name, value: value.reveal() }, "");
    else context.io.stdout.write(value.reveal() + (context.options["no-newline"] === true ? "" : "\n"));
  });
}

export async function list(context: CommandContext): Promise<void> {
  await withVault(context, async (vault) => {
    const entries = vault.list();
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
  const version = wholeNumber(positional(context, 1, "The version"), "The version");
  await withVault(context, async (vault) => print(context, await vault.rollback(name, version), ""));
}

export async function remove(context: CommandContext): Promise<void> {
  const name = positional(context, 0, "The name");
  await withVault(context, async (vault) => {
    await vault.remove(name);
    print(context, { removed: name }, "");
  });
}

export async function due(context: CommandContext): Promise<void> {
  const within = textOption(context, "within") ?? "7d";
  await withVault(context, async (vault) => {
    const entries = vault.due(within);
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

function line({ name, version, expiresAt, rotateAt }: Entry): string {
  const day = (at: number | undefined): string => (at === undefined ? "-" : new Date(at).toISOString().slice(0, 10));
  return [name, version, day(expiresAt), day(rotateAt)].join("\t");
}

function setOptions(context: CommandContext): SetOptions {
  const expires = textOption(context, "expires");
  const rotateAfter = textOption(context, "rotate-after");
  const labels = context.options.label as string[] | undefined;
  return {
    ...(expires !== undefined && { expiresAt: expiry(expires) }),
    ...(rotateAfter !== undefined && { rotateAfter }),
    ...(labels !== undefined && { labels: Object.fromEntries(labels.map(pair)) }),
  };
}

/** A date, or a duration from now. */
function expiry(text: string): number {
  const date = /^\d{4}-/.test(text) ? Date.parse(text) : Date.now() + toMilliseconds(text, "--expires");
  if (Number.isNaN(date))
    throw new CommandError("--expires must be a date such as 2027-01-31, or a duration such as 90d.");
  return date;
}

function pair(text: string): [string, string] {
  const at = text.indexOf("=");
  if (at < 1) throw new CommandError("--label must be NAME=TEXT.");
  return [text.slice(0, at), text.slice(at + 1)];
}
