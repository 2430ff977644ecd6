import type { Readable } from "node:stream";

/**
 * Where backups are kept: a folder, or whatever a host writes over an object store. Names have letters, digits, `.`, `_`
 * and `-` only.
 */
export interface BackupStorage {
  /** Keeps what the stream holds. If the stream fails, or the process dies, nothing of it may be found under the name. */
  put(name: string, content: Readable): Promise<void>;
  /** A stream of what was kept. Rejects if there is nothing of this name. */
  get(name: string): Promise<Readable>;
  /** The names of all that is kept, in any order. */
  list(): Promise<readonly string[]>;
  /** Removes it; resolves also if there is nothing of this name. */
  remove(name: string): Promise<void>;
}
