import { access } from "node:fs/promises";
import { withoutUndefined } from "@seaworthy/core/objects";
import type { Credential } from "../credential.ts";
import {
  type CommandContext,
  positional,
  print,
  readKeyFile,
  readNewPassword,
  textOption,
  vaultPath,
  withVault,
} from "./context.ts";
import { CommandError, EXIT } from "./exit-codes.ts";

export async function init(context: CommandContext): Promise<void> {
  const path = vaultPath(context);
  const exists = await access(path).then(
    () => true,
    () => false,
  );
  if (exists) throw new CommandError(`${path} exists already.`, EXIT.failed);
  await withVault(
    context,
    async (vault) => {
      const code = context.options.recovery === true ? (await vault.addKey({ recovery: true })).code : undefined;
      const result = withoutUndefined({ vault: path, epoch: vault.epoch, recoveryCode: code?.reveal() });
      print(context, result, code === undefined ? "" : `Recovery code: ${code.reveal()}`);
    },
    { create: true },
  );
}

export async function passwd(context: CommandContext): Promise<void> {
  await withVault(context, async (vault) => {
    const next = await readNewPassword(context, "new-password-file", "New master password");
    print(context, await vault.changePassword(next), "");
  });
}

export async function keys(context: CommandContext): Promise<void> {
  await withVault(context, async (vault) => {
    const slots = vault.keys();
    const text = slots.map(({ id, kind, createdAt, current }) =>
      [id, kind, new Date(createdAt).toISOString(), current ? "*" : ""].join("\t").trimEnd(),
    );
    print(context, slots, text.join("\n"));
  });
}

export async function addKey(context: CommandContext): Promise<void> {
  await withVault(context, async (vault) => {
    if (context.options.recovery === true) {
      const { code, ...slot } = await vault.addKey({ recovery: true });
      return print(context, { ...slot, recoveryCode: code.reveal() }, `Recovery code: ${code.reveal()}`);
    }
    const slot = await vault.addKey(await newKey(context));
    print(context, slot, slot.id);
  });
}

export async function removeKey(context: CommandContext): Promise<void> {
  const id = positional(context, 0, "The key slot's id");
  await withVault(context, async (vault) => {
    await vault.removeKey(id);
    print(context, { removed: id }, "");
  });
}

/** `rotate --keys`: a new root key. */
export async function rotateKeys(context: CommandContext): Promise<void> {
  await withVault(context, async (vault) => {
    const isOnly = context.options.only === true;
    const only = isOnly
      ? { only: { password: await readNewPassword(context, "new-password-file", "New master password") } }
      : {};
    await vault.rotateKeys(only);
    print(context, { epoch: vault.epoch }, "");
  });
}

export async function reencrypt(context: CommandContext): Promise<void> {
  await withVault(context, async (vault) => {
    await vault.reencrypt();
    print(context, { epoch: vault.epoch }, "");
  });
}

/** Prints nothing: the exit status is the answer. */
export async function verify(context: CommandContext): Promise<void> {
  await withVault(context, async (vault) => print(context, await vault.verify(), ""));
}

async function newKey(context: CommandContext): Promise<Pick<Credential, "password" | "key">> {
  const file = textOption(context, "new-key-file");
  if (file !== undefined) return { key: await readKeyFile(context, file) };
  return { password: await readNewPassword(context, "new-password-file", "Additional password") };
}
