import { randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { open, rename, unlink, utimes } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { type Clock, startTimer } from "@seaworthy/core";

const ATTEMPTS = 3;

/**
 * Compresses files one after the other in the background. A file is replaced only by a complete `.gz`, written under a
 * temporary name; whatever interrupts that, one of the two is whole. Several processes may compress the same file.
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

  /** Compresses a file once `delay` milliseconds have passed; the process may end before. */
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
        // The plain file is still there; it is tried again when the log is next opened.
      }
      this.#queued.delete(path);
      if (this.#queued.size === 0) this.#onDone();
    });
  }

  /** Settles when nothing is left to compress, except what is still to wait. */
  async idle(): Promise<void> {
    while (this.#queued.size > 0) await this.#work;
  }
}

async function compress(path: string, mode: number): Promise<void> {
  // Each process has a name of its own: what one has begun, another must not finish.
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

/** Compresses all of the file, also what is added to it meanwhile. */
async function writeWhole(file: Awaited<ReturnType<typeof open>>, temporary: string, mode: number): Promise<void> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const source = file.createReadStream({ autoClose: false, start: 0 });
    // Flushed before it is renamed: after a power cut a name must not lead to an empty file.
    await pipeline(source, createGzip(), createWriteStream(temporary, { mode, flush: true }));
    if ((await file.stat()).size === source.bytesRead) return;
  }
  throw new Error("the file is still being written");
}
