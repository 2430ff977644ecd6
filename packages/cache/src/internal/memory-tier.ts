import { LRUCache } from "lru-cache";
import { type Entry, keptUntil } from "./entry.ts";

/** How much a memory tier keeps. */
export interface MemoryBounds {
  readonly entries: number;
  readonly bytes: number;
}

/**
 * The only file that knows lru-cache. It is the storage and nothing more: its `fetch` aborts a load when its key is evicted,
 * and its own expiry would know neither stale values nor the clock of the host.
 */
export class MemoryTier {
  readonly #entries: LRUCache<string, Entry> | undefined;
  #expired = 0;

  constructor(bounds: MemoryBounds | undefined) {
    if (bounds === undefined) return;
    this.#entries = new LRUCache<string, Entry>({
      max: bounds.entries,
      maxSize: bounds.bytes,
      sizeCalculation: (entry, key) => Math.max(1, entry.size + key.length * 2),
    });
  }

  /** Whether there is a memory tier at all. */
  get exists(): boolean {
    return this.#entries !== undefined;
  }

  get size(): number {
    return this.#entries?.size ?? 0;
  }

  get bytes(): number {
    return this.#entries?.calculatedSize ?? 0;
  }

  get(key: string): Entry | undefined {
    return this.#entries?.get(key);
  }

  /** An entry larger than the whole tier is not kept; the one before it goes in any case. */
  set(key: string, entry: Entry): void {
    this.#entries?.set(key, entry);
  }

  delete(key: string): boolean {
    return this.#entries?.delete(key) ?? false;
  }

  clear(): void {
    this.#entries?.clear();
  }

  /** Deletes the entry if it is of no use any more. */
  dropIfOver(key: string, entry: Entry, now: number): boolean {
    if (now < keptUntil(entry)) return false;
    this.delete(key);
    this.#expired++;
    return true;
  }

  get expired(): number {
    return this.#expired;
  }
}
