import * as fs from "node:fs";
import type { WriteSync } from "../write-all.ts";

/** The part of `node:fs` that the file destination uses; tests put a failing one in its place. */
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

/** The real one. */
export const realFileSystem: FileSystem = fs as FileSystem;
