import { constants } from "node:fs";
import { dirname } from "node:path";
import { type Written, writeAll } from "../write-all.ts";
import type { FileSystem } from "./file-system.ts";

const LINE_FEED = 10;
const FLAGS = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT;

/** One open file that lines are appended to. No line in it is ever torn. */
export class LogFile {
  readonly regular: boolean;
  /** Time of the last change before it was opened, in epoch milliseconds; of a new file that of its making. */
  readonly changedAt: number;
  size: number;
  readonly #fs: FileSystem;
  readonly #fd: number;
  readonly #device: number;
  readonly #inode: number;
  readonly #written: Written = { bytes: 0 };
  #torn: boolean;

  /** Opens or creates the file, and the directories that it is in. Throws what the file system throws. */
  constructor(path: string, mode: number, fs: FileSystem) {
    this.#fs = fs;
    makeDirectory(dirname(path), fs);
    this.#fd = openForAppending(path, mode, fs);
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

  /** Appends a whole line or, when that fails, nothing. */
  append(line: string, bytes: number): void {
    if (this.#torn) {
      // Whoever wrote before was cut off in mid-line; that line must not run into this one.
      writeAll(this.#fd, "\n", 1, this.#written, this.#fs.writeSync);
      this.size++;
      this.#torn = false;
    }
    try {
      writeAll(this.#fd, line, bytes, this.#written, this.#fs.writeSync);
      this.size += bytes;
    } catch (error) {
      this.#takeBack(this.#written.bytes);
      throw error;
    } finally {
      this.#written.bytes = 0;
    }
  }

  /** Whether the path no longer leads to this file: another program has moved or deleted it. */
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

  /** Whether the file has no name any more, so that what is written to it is lost. */
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

  // A disk that fills up takes the first part of a line.
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
      // Somebody else owns the file and has chosen its mode.
    }
  }

  #lastByte(): number | undefined {
    const byte = new Uint8Array(1);
    return this.#fs.readSync(this.#fd, byte, 0, 1, this.size - 1) === 1 ? byte[0] : undefined;
  }
}

// Node's own recursive making never returns where a directory that is there takes no new ones, such as /proc.
function makeDirectory(path: string, fs: FileSystem): void {
  if (fs.existsSync(path)) return;
  const parent = dirname(path);
  if (parent !== path) makeDirectory(parent, fs);
  try {
    fs.mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another process was faster, or it is there and cannot be looked at; opening the file tells.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

// Read access serves to see how the file ends; a device or a file of mode 0200 is opened without.
function openForAppending(path: string, mode: number, fs: FileSystem): number {
  try {
    return fs.openSync(path, FLAGS, mode);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "EACCES" && code !== "ENXIO" && code !== "EINVAL") throw error;
    return fs.openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT, mode);
  }
}
