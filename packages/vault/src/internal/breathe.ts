import { setImmediate } from "node:timers/promises";
import { errors } from "../errors.ts";
import type { Ledger } from "./ledger.ts";

const LONGEST_STRETCH = 8;

/**
 * Does `work` on each item, and lets the event loop have its turn every few milliseconds. The vault may be locked in such
 * a pause; the keys that `work` uses are zeroed then, so this throws `VAULT_LOCKED`.
 */
export async function mapBreathing<T, R>(ledger: Ledger, items: readonly T[], work: (item: T) => R): Promise<R[]> {
  const { keys } = ledger;
  const results: R[] = [];
  // Of the process, not of the vault's clock: what counts is for how long the event loop is held.
  let begun = performance.now();
  for (const item of items) {
    results.push(work(item));
    if (performance.now() - begun < LONGEST_STRETCH) continue;
    await setImmediate();
    if (ledger.isLocked || ledger.keys !== keys) throw errors.VAULT_LOCKED();
    begun = performance.now();
  }
  return results;
}
