import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeFiles } from "../internal/files.ts";
import { type CommandContext, withoutNewline } from "./context.ts";
import { CommandError, EXIT } from "./exit-codes.ts";

const SHARED_MEMORY = "/dev/shm";

/**
 * Lets a person change text in `$VISUAL`, `$EDITOR` or `vi`. The text lies in a file of mode 0600 in a directory of mode
 * 0700 meanwhile, in memory where the system offers that, and is overwritten before it is removed.
 */
export async function editText({ io, terminal }: CommandContext, before: string): Promise<string> {
  const place = [io.env.XDG_RUNTIME_DIR, SHARED_MEMORY].find((one) => one !== undefined && existsSync(one));
  const directory = await mkdtemp(join(place ?? tmpdir(), "seaworthy-vault-"));
  const path = join(directory, "value");
  try {
    await nodeFiles.create(path, Buffer.from(`${before}\n`), { durable: false });
    await terminal.release();
    await runEditor(io.env.VISUAL || io.env.EDITOR || "vi", path, io.env);
    return withoutNewline(await readFile(path));
  } finally {
    await overwrite(path).catch(() => undefined);
    await rm(directory, { recursive: true, force: true });
  }
}

/** Through a shell, since the variables may hold options, as in `code --wait`. */
async function runEditor(
  editor: string,
  path: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const child = spawn("sh", ["-c", `${editor} "$1"`, "sh", path], { stdio: "inherit", env });
  const [status, signal] = (await once(child, "exit")) as [number | null, string | null];
  if (status !== 0)
    throw new CommandError(`The editor ended with ${status ?? signal}; nothing was stored.`, EXIT.failed);
}

async function overwrite(path: string): Promise<void> {
  const handle = await open(path, "r+");
  try {
    const { size } = await handle.stat();
    await handle.write(Buffer.alloc(size), 0, size, 0);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
