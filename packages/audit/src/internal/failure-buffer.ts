import { open, readFile, rm } from "node:fs/promises";
import { isObject } from "@seaworthy/core/objects";
import { SerialQueue } from "@seaworthy/core/waiting";
import { appendWhole } from "./durable.ts";
import type { PreparedEntry } from "./entry-format.ts";

const LINE_FEED = 0x0a;
const OUTCOMES: readonly unknown[] = ["success", "failure", "denied"];

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
      const file = await open(this.#path, "a+", 0o600);
      try {
        const { size } = await file.stat();
        const { buffer } = await file.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1));
        // A line that was torn must not take this one with it.
        const isTorn = size > 0 && buffer[0] !== LINE_FEED;
        await appendWhole(file, size, `${isTorn ? "\n" : ""}${JSON.stringify(entry)}\n`);
        this.#isEmpty = false;
      } finally {
        await file.close();
      }
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
    if (!isObject(value) || typeof value.type !== "string" || !OUTCOMES.includes(value.outcome)) return undefined;
    // An entry whose moment is not a date could never be kept, and would hold up all others.
    if (typeof value.at !== "number" || Number.isNaN(new Date(value.at).getTime())) return undefined;
    return value as unknown as PreparedEntry;
  } catch {
    return undefined;
  }
}
