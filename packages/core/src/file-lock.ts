import { randomBytes } from "node:crypto";
import { link, open, readFile, rename, rm } from "node:fs/promises";
import { requiredFunction, showValue } from "./options.ts";

/**
 * Takes a lock file, which names this process, so that one process at a time works on what the file stands beside. A lock that
 * was left by a process that was killed is taken over. It is for the processes of one machine that see each other.
 *
 * @param path - the lock file, in a folder that exists
 * @param onBusy - makes the error that is thrown while another process, or this one, holds the lock; gets the id of that process
 * @returns a function that gives the lock back
 * @throws TypeError if an argument is malformed
 * @example
 * ```ts
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { takeFileLock } from "@seaworthy/core/file-lock";
 * const path = join(await mkdtemp(join(tmpdir(), "queue-")), "queue.lock");
 * const busy = (holder: number) => new Error(holder === process.pid ? "in use here" : `in use by ${holder}`);
 * const release = await takeFileLock(path, busy);
 * await takeFileLock(path, busy).catch((error: Error) => console.log(error.message)); // in use here
 * await release();
 * ```
 */
export async function takeFileLock(path: string, onBusy: (holder: number) => Error): Promise<() => Promise<void>> {
  if (typeof path !== "string" || path === "")
    throw new TypeError(`path must be a string that is not empty; got ${showValue(path)}`);
  requiredFunction("onBusy", onBusy);
  // The token makes each lock unlike every other one, so that a lock that was taken meanwhile is not mistaken for the old one.
  const content = `${process.pid} ${await startOf(process.pid)} ${randomBytes(8).toString("hex")}`;
  for (let attempt = 1; ; attempt++) {
    try {
      const file = await open(path, "wx", 0o600);
      await file.writeFile(content).finally(() => file.close());
      return () => rm(path, { force: true });
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
    const found = await readFile(path, "utf8").catch(() => "");
    const [holder = "", start = ""] = found.split(" ");
    // A lock without a number is being written now, or its writer died while it wrote; the second look tells them apart.
    const isWritten = /^[1-9]\d{0,9}$/.test(holder);
    if (attempt > 3 || (isWritten && (await isAlive(Number(holder), start)))) throw onBusy(Number(holder));
    if (isWritten || attempt === 2) await removeStale(path, found);
    else await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Removes a lock only if it is still the one that was read: another process may have replaced it in the meantime. */
async function removeStale(path: string, content: string): Promise<void> {
  const aside = `${path}.${randomBytes(8).toString("hex")}`;
  try {
    await rename(path, aside);
  } catch {
    return; // another process has removed it
  }
  if ((await readFile(aside, "utf8")) !== content) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}

async function isAlive(holder: number, start: string): Promise<boolean> {
  try {
    process.kill(holder, 0);
  } catch (error) {
    // The process is there, and belongs to another user.
    if (!(error instanceof Error && "code" in error && error.code === "EPERM")) return false;
  }
  const now = await startOf(holder);
  // The number may belong to another process by now. In a container, it is the same number after every start.
  return start === "" || now === "" || start === now;
}

/** When a process started, in ticks since the machine did, or an empty string where the system does not say. */
async function startOf(id: number): Promise<string> {
  const stat = await readFile(`/proc/${id}/stat`, "utf8").catch(() => "");
  // The name of the program is in parentheses and may hold anything; the start is field 22 (proc_pid_stat(5)).
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}
