import { basename, dirname, extname, join } from "node:path";
import { codeOf } from "../system-code.ts";
import type { FileSystem } from "./file-system.ts";

/** One rotated file. */
export interface Archived {
  /** Path without `.gz`. */
  readonly path: string;
  /** When it was rotated, in epoch milliseconds. */
  readonly rotatedAt: number;
  /** Whether the file itself exists. */
  readonly plain: boolean;
  /** Whether its compressed form exists. */
  readonly packed: boolean;
}

/** The rotated files of a log file, and their names: `app.log` becomes `app.20260101T000000123Z.log`, in UTC. */
export class Archive {
  readonly directory: string;
  readonly #stem: string;
  readonly #extension: string;
  readonly #pattern: RegExp;
  readonly #fs: FileSystem;
  #last = 0;

  constructor(path: string, fs: FileSystem) {
    this.directory = dirname(path);
    this.#extension = extname(path);
    this.#stem = basename(path, this.#extension);
    this.#fs = fs;
    const [stem, extension] = [escapeText(this.#stem), escapeText(this.#extension)];
    this.#pattern = new RegExp(`^${stem}\\.(\\d{8}T\\d{9}Z)${extension}(\\.gz)?(?:(?:\\.[0-9a-f]{8})?(\\.tmp))?$`);
  }

  /**
   * Reserves a name for a file that is rotated at this time. It is later than all earlier names, even if the clock was set
   * back. An empty file has the name until the rotated file replaces it, so that no other process takes the same name.
   */
  takeName(time: number): string {
    for (this.#last = Math.max(Math.floor(time), this.#last + 1); ; this.#last++) {
      const stamp = new Date(this.#last).toISOString().replace(/[-:.]/g, "");
      const path = join(this.directory, `${this.#stem}.${stamp}${this.#extension}`);
      if (!this.#fs.existsSync(`${path}.gz`) && this.#take(path)) return path;
    }
  }

  #take(path: string): boolean {
    try {
      this.#fs.closeSync(this.#fs.openSync(path, "wx", 0o600));
      return true;
    } catch (error) {
      if (codeOf(error) === "EEXIST") return false;
      throw error;
    }
  }

  /** Returns the rotated files, the newest first. */
  list(): Archived[] {
    const found = new Map<string, { rotatedAt: number; plain: boolean; packed: boolean }>();
    for (const name of this.#fs.readdirSync(this.directory)) {
      const match = this.#pattern.exec(name);
      if (match === null || match[3] !== undefined) continue;
      const rotatedAt = toTime(match[1] ?? "");
      if (Number.isNaN(rotatedAt)) continue;
      const base = match[2] === undefined ? name : name.slice(0, -3);
      const entry = found.get(base) ?? { rotatedAt, plain: false, packed: false };
      if (match[2] === undefined) entry.plain = true;
      else entry.packed = true;
      found.set(base, entry);
    }
    const archived = [...found]
      .map(([base, entry]) => ({ path: join(this.directory, base), ...entry }))
      .sort((a, b) => b.rotatedAt - a.rotatedAt);
    this.#last = Math.max(this.#last, archived[0]?.rotatedAt ?? 0);
    return archived;
  }

  /** Returns the temporary files of compressions that did not end, and did not write since this time. */
  leftovers(before: number): string[] {
    return this.#fs
      .readdirSync(this.directory)
      .filter((name) => this.#pattern.exec(name)?.[3] !== undefined)
      .map((name) => join(this.directory, name))
      .filter((path) => this.#fs.statSync(path).mtimeMs < before);
  }
}

// "20260101T000000123Z"
function toTime(stamp: string): number {
  const [, year, month, day, hour, minute, second, rest] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z$/.exec(stamp) ?? [];
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${rest}Z`);
}

function escapeText(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|-]/g, "\\$&");
}
