import { createReadStream, createWriteStream } from "node:fs";
import { rename, stat, unlink, utimes } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";

/**
 * Compresses files one after the other in the background. A file is replaced only by a complete `.gz`, written under a
 * temporary name; whatever interrupts that, one of the two is whole.
 */
export class Compressor {
  readonly #mode: number;
  readonly #onDone: () => void;
  readonly #queued = new Set<string>();
  #work: Promise<void> = Promise.resolve();

  constructor(mode: number, onDone: () => void) {
    this.#mode = mode;
    this.#onDone = onDone;
  }

  add(path: string): void {
    if (this.#queued.has(path)) return;
    this.#queued.add(path);
    this.#work = this.#work.then(async () => {
      try {
        await compress(path, this.#mode);
      } catch {
        // The plain file is still there; it is tried again when the log is next opened.
      }
      this.#queued.delete(path);
      if (this.#queued.size === 0) this.#onDone();
    });
  }

  /** Settles when nothing is left to compress. */
  async idle(): Promise<void> {
    while (this.#queued.size > 0) await this.#work;
  }
}

async function compress(path: string, mode: number): Promise<void> {
  const { atime, mtime } = await stat(path);
  const temporary = `${path}.gz.tmp`;
  try {
    // Flushed before it is renamed: after a power cut a name must not lead to an empty file.
    await pipeline(createReadStream(path), createGzip(), createWriteStream(temporary, { mode, flush: true }));
    await utimes(temporary, atime, mtime);
    await rename(temporary, `${path}.gz`);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
  await unlink(path);
}
