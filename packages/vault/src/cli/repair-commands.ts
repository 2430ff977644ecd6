import { randomBytes } from "node:crypto";
import { lstat, readdir, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { withoutUndefined } from "@seaworthy/core/objects";
import { errors } from "../errors.ts";
import { FileGuard } from "../internal/file-guard.ts";
import { lastGoodCopyIn } from "../internal/file-names.ts";
import { nodeFiles, orMissing } from "../internal/files.ts";
import { decodeHead } from "../internal/format/head.ts";
import { HEAD_BYTES } from "../internal/format/limits.ts";
import { inspectFiles } from "../internal/inspect-files.ts";
import { fileStore } from "../stores/file-store.ts";
import { type CommandContext, positional, print, readInput, vaultPath, withVault, writeNewFile } from "./context.ts";
import { CommandError, EXIT } from "./exit-codes.ts";

/** Writes the vault with all of its versions and key slots as one file. */
export async function backup(context: CommandContext): Promise<void> {
  const path = positional(context, 0, "The backup's path");
  await withVault(context, async (vault) => {
    const bytes = await vault.backup();
    if (path === "-") return void context.io.stdout.write(bytes);
    await writeNewFile(path, bytes);
    print(context, { backup: path, bytes: bytes.length, epoch: vault.epoch }, "");
  });
}

/** Puts a backup, or the last good copy, in the vault's place. What was there is moved aside, never removed. */
export async function restore(context: CommandContext): Promise<void> {
  const path = vaultPath(context);
  const isLastGood = context.options["last-good"] === true;
  const side = `${path}.d`;
  const guard = new FileGuard(nodeFiles, path, context.options.repair === true);
  await guard.checkPlace();
  if (isLastGood) {
    const names = (await readdir(side).catch(orMissing)) ?? [];
    const copy = lastGoodCopyIn(await withoutCurrent(path, names));
    if (copy === undefined) throw errors.VAULT_MISSING({ path }, { message: `There is no last good copy in ${side}` });
    const bytes = await readFile(join(side, copy));
    decodeHead(bytes);
    const aside = await moveAside(path);
    await nodeFiles.create(path, bytes);
    return print(context, withoutUndefined({ vault: path, restored: copy, movedTo: aside }), `Restored ${copy}.`);
  }
  const bytes = await readInput(context, positional(context, 0, "The backup's path"), HEAD_BYTES);
  const head = decodeHead(bytes);
  if (head.segments.length > 0 || head.log !== undefined)
    throw new CommandError("This file is not a backup: a part of its vault is in other files.", EXIT.failed);
  const present = (await exists(path)) || (await exists(side));
  if (present && context.options.replace !== true)
    throw new CommandError(`There is a vault at ${path}; --replace moves it aside.`, EXIT.failed);
  const aside = present ? await moveAside(path, side) : undefined;
  await fileStore(path).commit(undefined, { epoch: head.epoch, head: bytes, add: [], keep: [] });
  print(context, withoutUndefined({ vault: path, epoch: head.epoch, movedTo: aside }), "");
}

/** Prints what there is and what is wrong with it, without a key. */
export async function doctor(context: CommandContext): Promise<number> {
  const findings = await inspectFiles(vaultPath(context));
  const text = findings.map(({ what, ok, detail }) => `${ok ? "ok" : "BAD"}\t${what}\t${detail}`);
  print(context, findings, text.join("\n"));
  return findings.every(({ ok }) => ok) ? EXIT.ok : EXIT.damaged;
}

/** Claims without the one whose head is in place and sound: that one is not an older copy. */
async function withoutCurrent(path: string, names: readonly string[]): Promise<string[]> {
  const bytes = await readFile(path).catch(() => undefined);
  try {
    const current = bytes && `e${decodeHead(bytes).epoch}`;
    return names.filter((name) => name !== current);
  } catch {
    return [...names];
  }
}

async function moveAside(...paths: string[]): Promise<string | undefined> {
  const suffix = `.before-${randomBytes(4).toString("hex")}`;
  const moved: string[] = [];
  for (const path of paths) {
    if (!(await exists(path))) continue;
    await rename(path, `${path}${suffix}`);
    moved.push(`${path}${suffix}`);
  }
  return moved[0];
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
