import { type FileHandle, open } from "node:fs/promises";

/** Makes the names of a directory safe: a new or renamed file may be missing after a power failure otherwise. */
export async function syncFolder(path: string): Promise<void> {
  let folder: FileHandle;
  try {
    folder = await open(path, "r");
  } catch {
    return; // Windows does not open directories
  }
  // Some file systems refuse it; they have no way to do it.
  await folder.sync().catch(() => undefined);
  await folder.close();
}

/** Appends and syncs. If that fails, the file is cut back to what it was: what was rejected must not be there later. */
export async function appendWhole(handle: FileHandle, size: number, text: string | Uint8Array): Promise<void> {
  try {
    await handle.appendFile(text);
    await handle.datasync();
  } catch (error) {
    await handle.truncate(size).catch(() => undefined);
    throw error;
  }
}
