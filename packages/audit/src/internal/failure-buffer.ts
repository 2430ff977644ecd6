import { appendFile, readFile, rm } from "node:fs/promises";
import { isObject } from "@seaworthy/core/objects";
import type { PreparedEntry } from "./entry-format.ts";
import { SerialQueue } from "./serial-queue.ts";

/** Entries that the store could not keep, in a file, until it can. */
export class FailureBuffer {
  readonly #path: string;
  readonly #queue = new SerialQueue();
  #isEmpty: boolean | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** Resolves when the entry is on the disk. */
  add(entry: PreparedEntry): Promise<void> {
    return this.#queue.add(async () => {
      await appendFile(this.#path, `${JSON.stringify(entry)}\n`, { mode: 0o600, flush: true });
      this.#isEmpty = false;
    });
  }

  /**
   * Hands what is buffered to `keep`, the oldest first, and forgets it when `keep` has resolved. If the process ends in
   * between, the entries are kept twice rather than not at all.
   */
  drain(keep: (entries: readonly PreparedEntry[]) => Promise<void>): Promise<void> {
    if (this.#isEmpty === true) return Promise.resolve();
    return this.#queue.add(async () => {
      const entries = await this.#read();
      if (entries.length > 0) {
        await keep(entries);
        await rm(this.#path, { force: true });
      }
      this.#isEmpty = true;
    });
  }

  async #read(): Promise<PreparedEntry[]> {
    const text = await readFile(this.#path, "utf8").catch((error: unknown) => {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
      throw error;
    });
    return text.split("\n").flatMap((line) => {
      const entry = parse(line);
      return entry === undefined ? [] : [entry];
    });
  }
}

/** A line that was torn by the end of the process was not acknowledged. */
function parse(line: string): PreparedEntry | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) && typeof value.type === "string" ? (value as unknown as PreparedEntry) : undefined;
  } catch {
    return undefined;
  }
}
