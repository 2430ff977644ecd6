import { errors } from "../errors.ts";
import type { VaultStore } from "../stores/store.ts";
import type { RootKeys } from "./crypto/root-keys.ts";
import type { Head } from "./format/head.ts";
import { corrupt } from "./format/reader.ts";
import type { Segment } from "./layout.ts";
import { authenticate, readAppended, readHead, readSegments, type State, stateOf } from "./state.ts";

const READS = 5;

/** Reads the newest state and authenticates it with the keys that `keysOf` has for its head. */
export async function loadState(
  store: VaultStore,
  keysOf: (head: Head) => RootKeys | Promise<RootKeys>,
  known: ReadonlyMap<string, Segment>,
): Promise<State> {
  for (let attempt = 0; attempt < READS; attempt++) {
    const stored = await store.read();
    if (stored === undefined) throw errors.VAULT_MISSING();
    const head = readHead(stored);
    const keys = keysOf(head);
    // Awaited only where it has to be: keys in use could be zeroed in between.
    const own = keys instanceof Promise ? await keys : keys;
    authenticate(head, own);
    const appended = readAppended(head, stored.log, own);
    // Not before that: a head that was written without the key may name any number of segments, and the same one often.
    const segments = await readSegments(store, head, known);
    if (segments !== undefined) return stateOf(head, segments, appended);
  }
  throw corrupt("a segment is missing");
}

/** The error for an epoch below one that was seen. */
export function rolledBack(epoch: number, expected: number): Error {
  return errors.VAULT_ROLLBACK({ epoch, expected });
}
