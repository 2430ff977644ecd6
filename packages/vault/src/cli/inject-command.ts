import type { Vault } from "../vault.ts";
import { type CommandContext, readInput, textOf, textOption, withVault, writeNewFile } from "./context.ts";

// In braces a reference may have any characters; without them it ends at the first that is unusual in a name.
const REFERENCE = /\{\{\s*vault:\/\/([^{}\r\n]+?)\s*\}\}|vault:\/\/([A-Za-z0-9_~/-]+(?:\.[A-Za-z0-9_~/-]+)*)/g;

/** Replaces the references in a template by their values. Nothing is written unless all of them can be resolved. */
export async function inject(context: CommandContext): Promise<void> {
  const bytes = await readInput(context, context.positionals[0] ?? "-");
  const path = textOption(context, "out");
  await withVault(context, async (vault) => {
    const text = await resolved(vault, textOf(bytes));
    if (path === undefined) context.io.stdout.write(text);
    else await writeNewFile(path, Buffer.from(text));
  });
}

/** A text with the values of its references. */
export async function resolved(vault: Vault, text: string): Promise<string> {
  const values = new Map<string, string>();
  for (const [, braced, bare] of text.matchAll(REFERENCE)) {
    const name = (braced ?? bare) as string;
    if (!values.has(name)) values.set(name, (await vault.get(name)).reveal());
  }
  // One pass: a value that looks like a reference stays as it is.
  return text.replace(REFERENCE, (_, braced, bare) => values.get(braced ?? bare) ?? "");
}
