import { setImmediate } from "node:timers/promises";
import { errors } from "../errors.ts";
import type { KeyHolder } from "./key-holder.ts";

const LONGEST_STRETCH = 8;
const MOST_STEPS = 256;

/** Gives the event loop a turn after so many milliseconds or steps of a long operation. */
export class Breath {
  // Of the process, not of the vault's clock: what counts is for how long the event loop is held.
  #begun: number;
  #steps = 0;

  constructor() {
    this.#begun = performance.now();
  }

  /** Counts steps. Returns whether it is time for {@link Breath.take}, which callers then await. */
  isDue(steps = 1): boolean {
    this.#steps += steps;
    return this.#steps >= MOST_STEPS || performance.now() - this.#begun >= LONGEST_STRETCH;
  }

  async take(): Promise<void> {
    await setImmediate();
    this.#begun = performance.now();
    this.#steps = 0;
  }
}

/**
 * Does `work` on each item and gives the event loop its turns. The vault may be locked in such a pause. The keys that
 * `work` uses are zeroed then, so this throws `VAULT_LOCKED`.
 */
export async function mapBreathing<T, R>(holder: KeyHolder, items: readonly T[], work: (item: T) => R): Promise<R[]> {
  const { keys } = holder;
  const results: R[] = [];
  const breath = new Breath();
  for (const item of items) {
    results.push(work(item));
    if (!breath.isDue()) continue;
    await breath.take();
    if (holder.isLocked || holder.keys !== keys) throw errors.VAULT_LOCKED();
  }
  return results;
}
