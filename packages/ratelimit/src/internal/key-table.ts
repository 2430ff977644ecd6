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
/** How many keys are looked at when a key is added. */
const SWEPT = 2;

interface Entry<S> {
  readonly group: string;
  readonly id: string;
  readonly state: S;
  older: Entry<S> | undefined;
  newer: Entry<S> | undefined;
}

/**
 * States by key, of which the least recently used one is dropped if there are too many. The order of use is a list of its own:
 * to find the first key of a Map takes as long as the number of keys that were deleted before it.
 */
export class KeyTable<S extends Expiring> {
  readonly #options: KeyTableOptions<S>;
  readonly #groups = new Map<string, Map<string, Entry<S>>>();
  #size = 0;
  #oldest: Entry<S> | undefined;
  #newest: Entry<S> | undefined;
  /** Where the search for what is over goes on. */
  #hand: Entry<S> | undefined;

  constructor(options: KeyTableOptions<S>) {
    this.#options = options;
  }

  /** The state of a key, which is made if there is none. */
  open(limiter: string, key: string, now: number): S {
    const isLong = key.length > LONGEST_KEY;
    // A line feed cannot be in a limiter's name, so a hash is not taken for a key.
    const group = isLong ? `${limiter}\n` : limiter;
    const id = isLong ? hash("sha256", key) : key;
    const known = this.#groups.get(group)?.get(id);
    if (known === undefined) return this.#add(group, id, now);
    if (known !== this.#newest) {
      this.#unlink(known);
      this.#link(known);
    }
    return known.state;
  }

  #add(group: string, key: string, now: number): S {
    this.#sweep(now);
    const oldest = this.#oldest;
    if (this.#size >= this.#options.entries && oldest !== undefined) {
      this.#delete(oldest);
      if (oldest.state.expiresAt > now) this.#options.onDrop?.();
    }
    // A copy: the key may be a slice of a long string, such as a header, which it would keep in memory.
    const id = `${group}\n${key}`.slice(group.length + 1);
    const entry: Entry<S> = { group, id, state: this.#options.create(), older: undefined, newer: undefined };
    const entries = this.#groups.get(group);
    if (entries === undefined) this.#groups.set(group, new Map([[id, entry]]));
    else entries.set(id, entry);
    this.#size += 1;
    this.#link(entry);
    return entry.state;
  }

  /** Looks at the next entries, so that one that stays for long does not keep those behind it. */
  #sweep(now: number): void {
    for (let looked = 0; looked < SWEPT; looked++) {
      const entry = this.#hand ?? this.#oldest;
      if (entry === undefined) return;
      this.#hand = entry.newer;
      if (entry.state.expiresAt <= now) this.#delete(entry);
    }
  }

  #delete(entry: Entry<S>): void {
    this.#unlink(entry);
    this.#size -= 1;
    const entries = this.#groups.get(entry.group);
    entries?.delete(entry.id);
    if (entries?.size === 0) this.#groups.delete(entry.group);
  }

  /** Makes it the newest. */
  #link(entry: Entry<S>): void {
    entry.older = this.#newest;
    if (this.#newest === undefined) this.#oldest = entry;
    else this.#newest.newer = entry;
    this.#newest = entry;
  }

  #unlink(entry: Entry<S>): void {
    const { older, newer } = entry;
    if (this.#hand === entry) this.#hand = newer;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    entry.older = undefined;
    entry.newer = undefined;
  }
}
