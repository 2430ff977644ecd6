import type { AsyncLocalStorage } from "node:async_hooks";

/** What a transaction has to do, the last first, if it fails. */
export type UndoLog = (() => void)[];

/** Records in memory. What a transaction changes is changed back if it fails. */
export class Table<V extends object> {
  readonly #rows = new Map<string, V>();
  readonly #log: AsyncLocalStorage<UndoLog>;

  constructor(log: AsyncLocalStorage<UndoLog>) {
    this.#log = log;
  }

  get size(): number {
    return this.#rows.size;
  }

  get(key: string): V | undefined {
    return this.#rows.get(key);
  }

  /** Keeps a copy, so that a caller who changes its object afterwards changes nothing here. */
  set(key: string, row: V): void {
    const before = this.#rows.get(key);
    this.#log.getStore()?.push(() => this.#put(key, before));
    this.#rows.set(key, structuredClone(row));
  }

  delete(key: string): boolean {
    const before = this.#rows.get(key);
    if (before === undefined) return false;
    this.#log.getStore()?.push(() => this.#put(key, before));
    return this.#rows.delete(key);
  }

  /** Replaces members of a record; `undefined` and `null` remove one. */
  change(key: string, changes: Readonly<Record<string, unknown>>): V | undefined {
    const before = this.#rows.get(key);
    if (before === undefined) return undefined;
    const entries = Object.entries({ ...before, ...changes }).filter(
      ([, value]) => value !== undefined && value !== null,
    );
    const after = Object.fromEntries(entries) as V;
    this.set(key, after);
    return after;
  }

  filter(keep: (row: V) => boolean): V[] {
    return [...this.#rows.values()].filter(keep);
  }

  /** Removes the records that `fits` names. Returns how many they are. */
  remove(fits: (row: V) => boolean): number {
    let removed = 0;
    for (const [key, row] of this.#rows) if (fits(row) && this.delete(key)) removed++;
    return removed;
  }

  #put(key: string, row: V | undefined): void {
    if (row === undefined) this.#rows.delete(key);
    else this.#rows.set(key, row);
  }
}

/** Refuses what the failure of a transaction must not undo, such as the count of guesses. */
export function refuseInTransaction(log: AsyncLocalStorage<UndoLog>, what: string): void {
  if (log.getStore() !== undefined)
    throw new TypeError(`${what} must not run in an open transaction, because a rollback would undo it`);
}

/** Runs `fn`, and changes back what it changed if it rejects. An inner transaction is part of the outer one. */
export async function withUndo<T>(log: AsyncLocalStorage<UndoLog>, fn: () => Promise<T>): Promise<T> {
  const undo: UndoLog = [];
  try {
    const result = await log.run(undo, fn);
    log.getStore()?.push(...undo);
    return result;
  } catch (error) {
    for (const step of undo.reverse()) step();
    throw error;
  }
}
