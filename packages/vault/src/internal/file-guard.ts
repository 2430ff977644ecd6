import type { BigIntStats } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { errors } from "../errors.ts";
import { type FileSystem, hasCode } from "./files.ts";
import { corrupt } from "./format/reader.ts";

const OTHERS = 0o077n;
const SHARED = 0o1000n;
const PRIVATE_FILE = 0o600;
const PRIVATE_DIRECTORY = 0o700;
const hasModes = process.platform !== "win32";

/** Checks that a vault's files belong to this account alone, each time before they are read. */
export class FileGuard {
  readonly path: string;
  /** The directory beside the file. */
  readonly side: string;
  readonly #files: FileSystem;
  readonly #repair: boolean;
  #prepared = false;

  constructor(files: FileSystem, path: string, repair: boolean) {
    this.#files = files;
    this.path = path;
    this.side = `${path}.d`;
    this.#repair = repair;
  }

  /** Makes the directories where they are missing. @throws VAULT_PERMISSIONS */
  async prepare(): Promise<void> {
    if (this.#prepared) return;
    await this.checkPlace();
    const first = await this.#files.makeDirectory(this.side).catch((error: unknown) => {
      throw this.#denied(this.side, error);
    });
    await this.check();
    // New directories are on the disk before anything in them counts. The one beside the file is synced with every write.
    for (let made = dirname(this.side); first !== undefined && made.length >= first.length; made = dirname(made))
      await this.#files.syncDirectory(dirname(made));
    this.#prepared = true;
  }

  /** Looks at the directory that a vault is in or would be in, if it exists. @throws VAULT_PERMISSIONS */
  async checkPlace(): Promise<void> {
    await this.#checkPath(dirname(this.path), "directory");
  }

  /** Whether there is anything of a vault; looks at everything that is there. @throws VAULT_PERMISSIONS */
  async check(): Promise<boolean> {
    const present = await Promise.all([this.look(), this.#look(this.side)]);
    // Loose permissions of a directory without a vault do not matter.
    if (present.every((stat) => stat === undefined)) return false;
    await this.#checkPath(dirname(this.path), "directory");
    await this.#checkPath(this.path, "file");
    await this.#checkPath(this.side, "directory");
    return true;
  }

  /** What stands at the vault's path, or `undefined`; not yet checked. */
  look(): Promise<BigIntStats | undefined> {
    return this.#look(this.path);
  }

  /** The same for another file. */
  lookAt(path: string): Promise<BigIntStats | undefined> {
    return this.#look(path);
  }

  /** A whole file of at most `most` bytes; a larger one is refused before it is read. */
  async readFile(path: string, most: number): Promise<Buffer> {
    return this.#withFile(path, async (handle, size) => {
      if (size > most) throw corrupt("a file is too large");
      return readUpTo(handle, size);
    });
  }

  /** The first bytes of a file. */
  async readStart(path: string, length: number): Promise<Buffer> {
    return this.#withFile(path, (handle, size) => readUpTo(handle, Math.min(length, size)));
  }

  async #withFile<T>(path: string, work: (handle: FileHandle, size: number) => Promise<T>): Promise<T> {
    const handle = await this.#files.open(path).catch((error: unknown) => {
      throw hasCode(error, "ELOOP", "EMLINK") ? this.#refuse(path, "is a symbolic link") : this.#denied(path, error);
    });
    try {
      // What was opened, not what the name means by now.
      const stat = await handle.stat({ bigint: true });
      await this.#checkStat(path, stat, "file");
      return await work(handle, Number(stat.size));
    } finally {
      await handle.close();
    }
  }

  async #look(path: string): Promise<BigIntStats | undefined> {
    return this.#files.lstat(path).catch((error: unknown) => {
      if (hasCode(error, "ENOENT")) return undefined;
      throw this.#denied(path, error);
    });
  }

  async #checkPath(path: string, kind: "file" | "directory"): Promise<boolean> {
    try {
      await this.#checkStat(path, await this.#files.lstat(path), kind);
      return true;
    } catch (error) {
      if (hasCode(error, "ENOENT")) return false;
      throw this.#denied(path, error);
    }
  }

  async #checkStat(path: string, stat: BigIntStats, kind: "file" | "directory"): Promise<void> {
    if (stat.isSymbolicLink()) throw this.#refuse(path, "is a symbolic link");
    if (kind === "file" ? !stat.isFile() : !stat.isDirectory()) throw this.#refuse(path, `is not a ${kind}`);
    if (!hasModes) return;
    if (stat.uid !== BigInt(process.getuid?.() ?? 0)) throw this.#refuse(path, "belongs to another account");
    if ((stat.mode & OTHERS) === 0n) return;
    const mode = kind === "file" ? PRIVATE_FILE : PRIVATE_DIRECTORY;
    // A sticky directory, such as /tmp, is for all accounts: closing it would break other programs.
    const isShared = kind === "directory" && (stat.mode & SHARED) !== 0n;
    if (!this.#repair || isShared) {
      const found = (Number(stat.mode) & 0o7777).toString(8);
      const advice = path === dirname(this.path) ? "; keep the vault in a directory of its own" : "";
      throw this.#refuse(path, `has mode 0${found}, not 0${mode.toString(8)}${advice}`);
    }
    await this.#files.chmod(path, mode);
  }

  /** What the system does not let this account look at belongs to another one, or lies below such a directory. */
  #denied(path: string, error: unknown): unknown {
    return hasCode(error, "EACCES", "EPERM") ? this.#refuse(path, "is closed to this account") : error;
  }

  #refuse(path: string, reason: string): Error {
    return errors.VAULT_PERMISSIONS({ path, reason }, { message: `The vault cannot be trusted: ${path} ${reason}` });
  }
}

async function readUpTo(handle: FileHandle, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  let at = 0;
  while (at < length) {
    const { bytesRead } = await handle.read(bytes, at, length - at, at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return bytes.subarray(0, at);
}
