import { createHash, randomBytes } from "node:crypto";
import { link, mkdir, open, readFile, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { boundedString } from "@seaworthy/core/options";
import type { AuditKeys } from "./keys.ts";

/**
 * Keys as files of a folder that only its owner may read. The name of a file is a hash of the person's id.
 *
 * @throws TypeError if the path is not a string
 */
export function folderAuditKeys(path: string): AuditKeys {
  const folder = resolve(boundedString("path", path, 1, 4096));
  const pathOf = (owner: string): string => join(folder, `${createHash("sha256").update(owner).digest("hex")}.key`);
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
      const temporary = join(folder, `.${randomBytes(8).toString("hex")}`);
      const file = await open(temporary, "wx", 0o600);
      await file.writeFile(randomBytes(32));
      await file.sync();
      await file.close();
      // A link is made or it is not: a key that another call has made meanwhile stays.
      await link(temporary, pathOf(owner)).catch((error: unknown) => {
        if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
      });
      await rm(temporary, { force: true });
      return readFile(pathOf(owner));
    },
    destroy: (owner) => rm(pathOf(owner), { force: true }),
  };
}
