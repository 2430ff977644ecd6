import * as fs from "node:fs";
import type { WriteSync } from "../write-all.ts";

/** The part of `node:fs` that the file destination uses. Tests replace it by one that fails. */
export interface FileSystem
  extends Pick<
    typeof fs,
    | "closeSync"
    | "existsSync"
    | "fchmodSync"
    | "fstatSync"
    | "fsyncSync"
    | "ftruncateSync"
    | "mkdirSync"
    | "openSync"
    | "readdirSync"
    | "readSync"
    | "renameSync"
    | "statSync"
    | "unlinkSync"
  > {
  writeSync: WriteSync;
}

/** The file system of this machine. */
export const realFileSystem: FileSystem = {
  ...fs,
  writeSync: (fd, data, offset) => (typeof data === "string" ? fs.writeSync(fd, data) : fs.writeSync(fd, data, offset)),
};
