import { open, readFile, rm } from "node:fs/promises";
import { errors } from "../errors.ts";

/** Takes the lock file beside a trail, which names the process that writes. Returns a function that gives it back. */
export async function takeLock(path: string): Promise<() => Promise<void>> {
  for (let attempt = 1; ; attempt++) {
    try {
      const file = await open(path, "wx", 0o600);
      await file.writeFile(String(process.pid));
      await file.close();
      return () => rm(path, { force: true });
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
    const holder = Number(await readFile(path, "utf8").catch(() => ""));
    // A lock without a number is being written now, or its writer died while it wrote; the second look tells them apart.
    const isWritten = Number.isSafeInteger(holder) && holder > 0;
    if (attempt > 3 || (isWritten && isAlive(holder))) throw errors.AUDIT_BUSY({ path, process: holder });
    if (isWritten || attempt === 2) await rm(path, { force: true });
    else await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function isAlive(process_: number): boolean {
  if (process_ === process.pid) return true;
  try {
    process.kill(process_, 0);
    return true;
  } catch (error) {
    // The process is there, and belongs to another user.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
