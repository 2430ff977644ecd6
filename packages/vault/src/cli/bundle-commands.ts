import { HEAD_BYTES } from "../format/limits.ts";
import { nodeFiles } from "../internal/files.ts";
import {
  type CommandContext,
  kdfOf,
  positional,
  print,
  readInput,
  readNewPassword,
  textOption,
  withoutNewline,
  withVault,
} from "./context.ts";
import { CommandError, EXIT } from "./exit-codes.ts";

export async function exportBundle(context: CommandContext): Promise<void> {
  const path = positional(context, 0, "The bundle's path");
  const names = context.options.name as string[] | undefined;
  await withVault(context, async (vault) => {
    const password = await readNewPassword(context, "bundle-password-file", "Bundle password");
    const bundle = await vault.exportTo({ password, kdf: kdfOf(context), ...(names && { names }) });
    if (path === "-") return void context.io.stdout.write(bundle);
    await nodeFiles.create(path, bundle).catch((error: NodeJS.ErrnoException) => {
      throw new CommandError(`${path} cannot be written (${error.code}).`, EXIT.failed);
    });
    print(context, { bundle: path, bytes: bundle.length }, "");
  });
}

export async function importBundle(context: CommandContext): Promise<void> {
  const bundle = await readInput(context, positional(context, 0, "The bundle's path"), HEAD_BYTES);
  const onConflict = (textOption(context, "on-conflict") ?? "fail") as "fail";
  await withVault(context, async (vault) => {
    const file = textOption(context, "bundle-password-file");
    const password =
      file === undefined
        ? await context.terminal.askHidden("Bundle password")
        : withoutNewline(await readInput(context, file));
    const result = await vault.importFrom(bundle, { password, onConflict });
    const text = Object.entries(result).flatMap(([what, names]) => names.map((name: string) => `${what}\t${name}`));
    print(context, result, text.join("\n"));
  });
}
