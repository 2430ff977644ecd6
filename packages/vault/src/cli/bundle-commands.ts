import { withoutUndefined } from "@seaworthy/core/objects";
import type { ImportResult } from "../bundle.ts";
import { errors } from "../errors.ts";
import { HEAD_BYTES } from "../internal/format/limits.ts";
import {
  type CommandContext,
  kdfOf,
  positional,
  print,
  readInput,
  readNewPassword,
  textOption,
  textsOf,
  withoutNewline,
  withVault,
  writeNewFile,
} from "./context.ts";
import { CommandError } from "./exit-codes.ts";
import { formatPlain, parsePlain } from "./plain-text.ts";

const PLAIN = ["env", "json"];

export async function exportBundle(context: CommandContext): Promise<void> {
  if (formatOf(context) !== "bundle") return exportPlain(context);
  const path = positional(context, 0, "The bundle's path");
  const names = textsOf(context, "name");
  await withVault(context, async (vault) => {
    const password = await readNewPassword(context, "bundle-password-file", "Bundle password");
    const bundle = await vault.exportTo(withoutUndefined({ password, kdf: kdfOf(context), names }));
    if (path === "-") return void context.io.stdout.write(bundle);
    await writeNewFile(path, bundle);
    print(context, { bundle: path, bytes: bundle.length }, "");
  });
}

/** Values in clear, for another tool. Only with an explicit format. */
async function exportPlain(context: CommandContext): Promise<void> {
  const path = positional(context, 0, "The file's path");
  const names = textsOf(context, "name");
  await withVault(context, async (vault) => {
    const values = new Map<string, string>();
    for (const name of names ?? vault.list().map((entry) => entry.name))
      values.set(name, (await vault.get(name)).reveal());
    const text = formatPlain(formatOf(context), values);
    if (path === "-") return void context.io.stdout.write(text);
    await writeNewFile(path, Buffer.from(text));
  });
}

async function importPlain(context: CommandContext): Promise<void> {
  const text = withoutNewline(await readInput(context, positional(context, 0, "The file's path")));
  const entries = parsePlain(formatOf(context), text, textOption(context, "prefix") ?? "");
  const policy = policyOf(context);
  await withVault(context, async (vault) => {
    const known = new Set(vault.list().map(({ name }) => name));
    const [met, added] = [
      entries.filter(({ name }) => known.has(name)),
      entries.filter(({ name }) => !known.has(name)),
    ];
    if (policy === "fail" && met[0] !== undefined) throw errors.VAULT_CONFLICT({ name: met[0].name });
    const replaced = policy === "replace" ? met : [];
    // What was not there must not be there now either.
    await vault.setMany([...added.map((entry) => ({ ...entry, ifVersion: 0 })), ...replaced]);
    const namesOf = (list: readonly { name: string }[]): string[] => list.map(({ name }) => name);
    report(context, {
      added: namesOf(added),
      replaced: namesOf(replaced),
      skipped: policy === "skip" ? namesOf(met) : [],
    });
  });
}

function report(context: CommandContext, result: ImportResult): void {
  const text = Object.entries(result).flatMap(([what, names]) => names.map((name: string) => `${what}\t${name}`));
  print(context, result, text.join("\n"));
}

function formatOf(context: CommandContext): string {
  const format = textOption(context, "format") ?? "bundle";
  if (format !== "bundle" && !PLAIN.includes(format)) throw new CommandError("--format must be bundle, env or json.");
  return format;
}

function policyOf(context: CommandContext): "fail" | "skip" | "replace" {
  const policy = textOption(context, "on-conflict") ?? "fail";
  if (policy === "fail" || policy === "skip" || policy === "replace") return policy;
  throw new CommandError("--on-conflict must be fail, skip or replace.");
}

export async function importBundle(context: CommandContext): Promise<void> {
  if (formatOf(context) !== "bundle") return importPlain(context);
  const bundle = await readInput(context, positional(context, 0, "The bundle's path"), HEAD_BYTES);
  const onConflict = policyOf(context);
  await withVault(context, async (vault) => {
    const file = textOption(context, "bundle-password-file");
    const password =
      file === undefined
        ? await context.terminal.askHidden("Bundle password")
        : withoutNewline(await readInput(context, file));
    report(context, await vault.importFrom(bundle, { password, onConflict }));
  });
}
