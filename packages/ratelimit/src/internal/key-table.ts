import { hash } from "node:crypto";

/** What a {@link KeyTable} keeps per key. */
export interface Expiring {
  /** On the clock of the table's owner; nothing counts any more from then on. */
  readonly expiresAt: number;
}

/** Options of a {@link KeyTable}. */
export interface KeyTableOptions<S> {
  /** How many keys it keeps at most. */
  readonly entries: number;
  readonly create: () => S;
  /** Called when a key is dropped that still counts, because the table is full. */
  readonly onDrop?: (() => void) | undefined;
}

// Longer keys are kept as their hash, so that clients cannot fill the memory with them.
const LONGEST_KEY = 128;
/** How many of the oldest keys are looked at when a key is added. */
const SWEPT = 2;

/** States by key, of which the least recently used one is dropped if there are too many. */
export class KeyTable<S extends Expiring> {
  readonly #options: KeyTableOptions<S>;
  readonly #states = new Map<string, S>();

  constructor(options: KeyTableOptions<S>) {
    this.#options = options;
  }

  /** The state of a key, which is made if there is none. */
  open(limiter: string, key: string, now: number): S {
    const id = idOf(limiter, key);
    const known = this.#states.get(id);
    if (known !== undefined) {
      // As long as there is much room, the order of use does not matter.
      if (this.#states.size * 2 > this.#options.entries) {
        this.#states.delete(id);
        this.#states.set(id, known);
      }
      return known;
    }
    this.#makeRoom(now);
    const state = this.#options.create();
    this.#states.set(id, state);
    return state;
  }

  #makeRoom(now: number): void {
    let looked = 0;
    for (const [id, { expiresAt }] of this.#states) {
      if (looked++ === SWEPT) break;
      if (expiresAt <= now) this.#states.delete(id);
    }
    if (this.#states.size < this.#options.entries) return;
    const [oldest] = this.#states.keys();
    if (oldest === undefined) return;
    this.#states.delete(oldest);
    this.#options.onDrop?.();
  }
}

function idOf(limiter: string, key: string): string {
  // A line feed cannot be in a limiter's name, so no two pairs have the same id.
  return key.length > LONGEST_KEY ? `${limiter}\n\n${hash("sha256", key)}` : `${limiter}\n${key}`;
}
