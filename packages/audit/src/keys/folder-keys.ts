import { createHash, randomBytes } from "node:crypto";
import { link, mkdir, open, readdir, readFile, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { boundedString } from "@seaworthy/core/options";
import { syncFolder } from "../internal/durable.ts";
import type { AuditKeys } from "./keys.ts";

/**
 * Keys as files of a folder that only its owner may read. The name of a file is a hash of the person's id.
 *
 * @throws TypeError if the path is not a string
 */
export function folderAuditKeys(path: string): AuditKeys {
  const folder = resolve(boundedString("path", path, 1, 4096));
  const nameOf = (owner: string): string => createHash("sha256").update(owner).digest("hex");
  const pathOf = (owner: string): string => join(folder, `${nameOf(owner)}.key`);
  const get = async (owner: string): Promise<Uint8Array | undefined> => {
    try {
      return await readFile(pathOf(owner));
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
      throw error;
    }
  };
  return {
    get,
    async getOrCreate(owner) {
      const found = await get(owner);
      if (found !== undefined) return found;
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const key = randomBytes(32);
      // The name says whose key it is, so that `destroy` finds it if the process ends before it is removed.
      const temporary = join(folder, `.${nameOf(owner)}.${randomBytes(8).toString("hex")}`);
      try {
        await writeNew(temporary, key);
        // A link is made or it is not: a key that another call has made meanwhile stays.
        await link(temporary, pathOf(owner));
      } catch (error) {
        if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
        // If that other key has been destroyed since, the entry is erased too: this key is not stored.
        return (await get(owner)) ?? key;
      } finally {
        await rm(temporary, { force: true });
      }
      await syncFolder(folder);
      return key;
    },
    async destroy(owner) {
      const names = await readdir(folder).catch((): string[] => []);
      const left = names.filter((name) => name.startsWith(`.${nameOf(owner)}.`));
      for (const path of [pathOf(owner), ...left.map((name) => join(folder, name))]) await rm(path, { force: true });
      await syncFolder(folder);
    },
  };
}

async function writeNew(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}
