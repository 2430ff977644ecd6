import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { readMember } from "@seaworthy/core/objects";
import { boundedString, showValue } from "@seaworthy/core/options";
import type { BackupStorage } from "./storage.ts";

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/;
const UNFINISHED = ".unfinished-";

/**
 * Keeps backups as files of a folder, which is made if it is missing. Only the owner may read them. A file gets its name
 * after its bytes have reached the disk.
 *
 * @throws TypeError if the path is not a string
 */
export function folderStorage(path: string): BackupStorage {
  const folder = resolve(boundedString("path", path, 1, 4096));
  const pathOf = (name: string): string => {
    if (typeof name !== "string" || !NAME.test(name))
      throw new TypeError(`name must have letters, digits, ".", "_" and "-" only; got ${showValue(name)}`);
    return join(folder, name);
  };
  return {
    async put(name, content) {
      const target = pathOf(name);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const temporary = join(folder, `${UNFINISHED}${randomBytes(8).toString("hex")}`);
      try {
        await pipeline(content, createWriteStream(temporary, { flags: "wx", mode: 0o600, flush: true }));
        await rename(temporary, target);
        await flushFolder(folder);
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
    },
    async get(name) {
      const stream: Readable = createReadStream(pathOf(name));
      await once(stream, "open");
      return stream;
    },
    async list() {
      try {
        return (await readdir(folder)).filter((name) => NAME.test(name));
      } catch (error) {
        if (readMember(error, "code") === "ENOENT") return [];
        throw error;
      }
    },
    remove: (name) => rm(pathOf(name), { force: true }),
  };
}

/** A name is lost in a power failure until its folder has been written, too. */
async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
