import { constants } from "node:fs";
import { dirname } from "node:path";
import { codeOf } from "../system-code.ts";
import { type WriteTarget, writeAll } from "../write-all.ts";
import type { FileSystem } from "./file-system.ts";

const LINE_FEED = 10;
const FLAGS = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT;

/** One open file that lines are appended to. It never contains a part of a line that runs into another one. */
export class LogFile {
  readonly regular: boolean;
  /** Time of the last change before it was opened, in epoch milliseconds; for a new file, the time when it was created. */
  readonly changedAt: number;
  size: number;
  readonly #fs: FileSystem;
  readonly #fd: number;
  readonly #device: number;
  readonly #inode: number;
  readonly #target: WriteTarget;
  #torn: boolean;

  /** Opens or creates the file, and the directories that it is in. Throws what the file system throws. */
  constructor(path: string, mode: number, fs: FileSystem) {
    this.#fs = fs;
    makeDirectory(dirname(path), fs);
    this.#fd = openForAppending(path, mode, fs);
    this.#target = { fd: this.#fd, write: (fd, data, offset) => fs.writeSync(fd, data, offset), bytes: 0 };
    try {
      const stat = fs.fstatSync(this.#fd);
      this.regular = stat.isFile();
      this.changedAt = stat.mtimeMs;
      this.size = this.regular ? stat.size : 0;
      this.#device = stat.dev;
      this.#inode = stat.ino;
      if (this.regular && (stat.mode & 0o777) !== mode) this.#restrict(mode);
      this.#torn = this.regular && this.size > 0 && this.#lastByte() !== LINE_FEED;
    } catch (error) {
      fs.closeSync(this.#fd);
      throw error;
    }
  }

  /** Appends a whole line or, if that fails, nothing. */
  append(line: string, bytes: number): void {
    if (this.#torn) {
      // The last write was cut off in the middle of a line, which must not run into this one.
      writeAll("\n", 1, this.#target);
      this.size++;
      this.#torn = false;
    }
    try {
      writeAll(line, bytes, this.#target);
      this.size += bytes;
    } catch (error) {
      this.#takeBack(this.#target.bytes);
      throw error;
    } finally {
      this.#target.bytes = 0;
    }
  }

  /** Whether the path is not that of this file any more, because another program has moved or deleted it. */
  isElsewhere(path: string): boolean {
    try {
      const stat = this.#fs.statSync(path);
      return stat.ino !== this.#inode || stat.dev !== this.#device;
    } catch {
      return true;
    }
  }

  /** Whether another process has written to the file as well. */
  isShared(): boolean {
    return this.regular && this.#fs.fstatSync(this.#fd).size !== this.size;
  }

  /** Whether the file was deleted, so that what is written to it is lost. */
  isDeleted(): boolean {
    try {
      return this.#fs.fstatSync(this.#fd).nlink === 0;
    } catch {
      return true;
    }
  }

  sync(): void {
    this.#fs.fsyncSync(this.#fd);
  }

  close(): void {
    this.#fs.closeSync(this.#fd);
  }

  // A disk that becomes full accepts the first part of a line.
  #takeBack(bytes: number): void {
    if (bytes === 0) return;
    try {
      const { size } = this.#fs.fstatSync(this.#fd);
      if (!this.regular || size !== this.size + bytes) throw new Error("another process has written since");
      this.#fs.ftruncateSync(this.#fd, this.size);
    } catch {
      this.#torn = true;
      this.size += bytes;
    }
  }

  #restrict(mode: number): void {
    try {
      this.#fs.fchmodSync(this.#fd, mode);
    } catch {
      // Another user owns the file and has chosen its mode.
    }
  }

  #lastByte(): number | undefined {
    const byte = new Uint8Array(1);
    return this.#fs.readSync(this.#fd, byte, 0, 1, this.size - 1) === 1 ? byte[0] : undefined;
  }
}

// Node's own recursive `mkdir` never returns if an existing directory, such as /proc, does not accept new ones.
function makeDirectory(path: string, fs: FileSystem): void {
  if (fs.existsSync(path)) return;
  const parent = dirname(path);
  if (parent !== path) makeDirectory(parent, fs);
  try {
    fs.mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another process was faster, or the directory exists and cannot be read. Opening the file shows which.
    if (codeOf(error) !== "EEXIST") throw error;
  }
}

// Read access is for the last byte of the file. A device, or a file of mode 0200, is opened without it.
function openForAppending(path: string, mode: number, fs: FileSystem): number {
  try {
    return fs.openSync(path, FLAGS, mode);
  } catch (error) {
    const code = codeOf(error);
    if (code !== "EACCES" && code !== "ENXIO" && code !== "EINVAL") throw error;
    return fs.openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT, mode);
  }
}
