import { type BigIntStats, constants } from "node:fs";
import { type FileHandle, link, lstat, mkdir, open, readdir, rename, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { errors } from "../errors.ts";

/** The calls of the file system that a file store makes. */
export interface FileSystem {
  lstat(path: string): Promise<BigIntStats>;
  /** Opens for reading. Fails on a symbolic link, and does not wait for a writer if it is a pipe. */
  open(path: string): Promise<FileHandle>;
  /** Writes a new file of mode 0600, by default down to the disk; fails if the name exists. */
  create(path: string, bytes: Uint8Array, options?: { durable?: boolean }): Promise<void>;
  /**
   * Appends bytes to a file that ended at `at`, down to the disk, and resolves to whether they are at that place. If another
   * process was first, they are behind its bytes.
   */
  append(path: string, bytes: Uint8Array, at: number): Promise<boolean>;
  chmod(path: string, mode: number): Promise<void>;
  link(from: string, to: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  list(path: string): Promise<string[]>;
  /** Makes a directory of mode 0700, and those above it; resolves to the topmost one that was missing. */
  makeDirectory(path: string): Promise<string | undefined>;
  /** Brings a directory's names down to the disk. */
  syncDirectory(path: string): Promise<void>;
}

const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;
const NO_WAIT = constants.O_NONBLOCK ?? 0;
const PRIVATE_FILE = 0o600;
const PRIVATE_DIRECTORY = 0o700;

/** The real file system. */
export const nodeFiles: FileSystem = {
  lstat: (path) => lstat(path, { bigint: true }),
  open: (path) => open(path, constants.O_RDONLY | NO_FOLLOW | NO_WAIT),
  async create(path, bytes, { durable = true } = {}) {
    const handle = await open(path, "wx", PRIVATE_FILE);
    try {
      try {
        await handle.writeFile(bytes);
        if (durable) await handle.sync();
      } finally {
        await handle.close();
      }
    } catch (error) {
      // On a full disk, what could be written would take the last space.
      await unlink(path).catch(() => undefined);
      throw error;
    }
  },
  append,
  async chmod(path, mode) {
    // Through a handle that cannot be a symbolic link's, so that the file cannot be swapped in between.
    const handle = await open(path, constants.O_RDONLY | NO_FOLLOW);
    await handle.chmod(mode).finally(() => handle.close());
  },
  link,
  rename,
  unlink,
  list: (path) => readdir(path),
  makeDirectory,
  async syncDirectory(path) {
    if (process.platform === "win32") return; // directories cannot be opened there
    const handle = await open(path, constants.O_RDONLY);
    await handle.sync().finally(() => handle.close());
  },
};

async function append(path: string, bytes: Uint8Array, at: number): Promise<boolean> {
  const handle = await open(path, constants.O_RDWR | constants.O_APPEND | NO_FOLLOW);
  try {
    // One call: the system puts the bytes of different processes one after the other, but not those of different calls.
    const { bytesWritten } = await handle.write(bytes);
    if (bytesWritten < bytes.length)
      throw Object.assign(new Error("the write was cut short"), { code: "ENOSPC", syscall: "write" });
    const found = Buffer.allocUnsafe(bytes.length);
    await handle.read(found, 0, found.length, at);
    await handle.datasync();
    return found.equals(bytes);
  } finally {
    await handle.close();
  }
}

// Node's own recursive making never ends where a directory that is there takes no new ones, such as /proc.
async function makeDirectory(path: string): Promise<string | undefined> {
  const present = await lstat(path).catch(() => undefined);
  if (present !== undefined) return undefined;
  const above = dirname(path);
  const first = above === path ? undefined : await makeDirectory(above);
  try {
    await mkdir(path, { mode: PRIVATE_DIRECTORY });
  } catch (error) {
    if (hasCode(error, "EEXIST")) return first; // another process was faster
    throw error;
  }
  return first ?? path;
}

/** For a failed call: `undefined` if what it names does not exist; throws any other error again. */
export function orMissing(error: unknown): undefined {
  if (hasCode(error, "ENOENT")) return undefined;
  throw error;
}

/** Throws `VAULT_STORE_FAILED` for an error of the operating system, and any other error as it is. */
export function systemFailure(error: unknown): never {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (typeof code !== "string" || syscall === undefined) throw error;
  throw errors.VAULT_STORE_FAILED({ reason: code }, { cause: error });
}

/** Whether an error is the system's of this code. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" && codes.includes(code);
}
