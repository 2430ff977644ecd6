import { randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { open, rename, unlink, utimes } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { type Clock, startTimer } from "@seaworthy/core";

const ATTEMPTS = 3;

/**
 * Compresses files one after the other in the background. The `.gz` is written under a temporary name, and a file is deleted
 * only if its `.gz` is complete, so that one of the two is always complete. Several processes may compress the same file.
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

  /** Compresses a file after `delay` milliseconds. The process may end before. */
  addLater(path: string, delay: number, clock: Clock): void {
    if (delay > 0) startTimer(clock, delay, () => this.add(path));
    else this.add(path);
  }

  add(path: string): void {
    if (this.#queued.has(path)) return;
    this.#queued.add(path);
    this.#work = this.#work.then(async () => {
      try {
        await compress(path, this.#mode);
      } catch {
        // The file itself still exists. Compression is tried again when the log is opened the next time.
      }
      this.#queued.delete(path);
      if (this.#queued.size === 0) this.#onDone();
    });
  }

  /** Resolves when no file is left to compress, apart from files whose delay has not passed. */
  async idle(): Promise<void> {
    while (this.#queued.size > 0) await this.#work;
  }
}

async function compress(path: string, mode: number): Promise<void> {
  // Each process has a temporary name of its own, so that none completes the file of another.
  const temporary = `${path}.gz.${randomBytes(4).toString("hex")}.tmp`;
  const file = await open(path);
  try {
    await writeWhole(file, temporary, mode);
    const { atime, mtime } = await file.stat();
    await utimes(temporary, atime, mtime);
    await rename(temporary, `${path}.gz`);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  } finally {
    await file.close();
  }
  await unlink(path);
}

/** Compresses all of the file, including lines that are appended to it at the same time. */
async function writeWhole(file: Awaited<ReturnType<typeof open>>, temporary: string, mode: number): Promise<void> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const source = file.createReadStream({ autoClose: false, start: 0 });
    // Flushed before it is renamed. Otherwise the file could be empty after a power failure.
    await pipeline(source, createGzip(), createWriteStream(temporary, { mode, flush: true }));
    if ((await file.stat()).size === source.bytesRead) return;
  }
  throw new Error("the file is still being written");
}
