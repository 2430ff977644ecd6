import { type Clock, sleep } from "@seaworthy/core";
import type { RootKeys } from "../crypto/root-keys.ts";
import { errors } from "../errors.ts";
import type { Head } from "../format/head.ts";
import { corrupt } from "../format/reader.ts";
import type { Frame } from "../format/record.ts";
import type { Slot } from "../format/slot.ts";
import type { VaultCommit, VaultStore } from "../stores/store.ts";
import { committed, locked as lockedEvent } from "../telemetry.ts";
import { Content } from "./content.ts";
import { arrange, layOut, type Segment } from "./layout.ts";
import { authenticate, commitOf, readHead, readSegments, type State, stateOf } from "./state.ts";

/** What a write changes. */
export interface Change {
  /** Records that come on top. */
  readonly added?: readonly Frame[];
  /** All records anew. */
  readonly rewritten?: readonly Frame[];
  readonly slots?: readonly Slot[];
  /** A new root. */
  readonly keys?: RootKeys;
}

/** Makes a change of the newest state, without any effect of its own. */
export type Plan = (state: State, keys: RootKeys) => Change | undefined;

/** What a ledger is made of. */
export interface LedgerParts {
  readonly store: VaultStore;
  readonly clock: Clock;
  readonly random: () => number;
  /** Milliseconds that a write tries again for while others are first. */
  readonly busyTimeout: number;
}

const READS = 5;
const LONGEST_PAUSE = 64;

/** The state of a vault, kept in step with its store: reads follow other writers, writes are compare-and-swap. */
export class Ledger {
  readonly parts: LedgerParts;
  #keys: RootKeys | undefined;
  #state: State;
  #writers: Promise<unknown> = Promise.resolve();
  #turns: Promise<unknown> = Promise.resolve();

  constructor(parts: LedgerParts, keys: RootKeys, state: State) {
    this.parts = parts;
    this.#keys = keys;
    this.#state = state;
  }

  /** @throws VAULT_LOCKED */
  get keys(): RootKeys {
    if (this.#keys === undefined) throw errors.VAULT_LOCKED();
    return this.#keys;
  }

  get isLocked(): boolean {
    return this.#keys === undefined;
  }

  get state(): State {
    return this.#state;
  }

  /** Zeroes the keys. */
  lock(reason: string): void {
    if (this.#keys === undefined) return;
    this.#keys.wipe();
    this.#keys = undefined;
    if (lockedEvent.active) lockedEvent.emit({ reason });
  }

  unlock(keys: RootKeys, state: State): void {
    this.#keys?.wipe();
    this.#keys = keys;
    this.#state = state;
  }

  /** Follows other writers: asks the store for its epoch and reads what is new. */
  refresh(): Promise<void> {
    return this.#turn(() => this.#refresh());
  }

  /** Reads and authenticates everything anew, whatever is known. */
  reload(): Promise<void> {
    return this.#turn(async () => {
      const state = await loadState(this.parts.store, (head) => this.#keysOf(head), new Map());
      if (state.epoch < this.#state.epoch) throw rolledBack(state.epoch, this.#state.epoch);
      this.#state = state;
    });
  }

  /**
   * Writes what `plan` makes of the newest state; again on top of the newer state when another writer was first.
   * `plan` runs in one go and has no effects: it may run several times. `undefined` from it means nothing to write.
   *
   * @throws VAULT_BUSY when others were first for `busyTimeout`
   */
  commit(plan: Plan): Promise<void> {
    const run = this.#writers.then(() => this.#commit(plan));
    this.#writers = run.catch(() => undefined);
    return run;
  }

  /** One at a time: a read in the middle of an own write would meet a state that is stored but not adopted. */
  #turn<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#turns.then(work);
    this.#turns = run.catch(() => undefined);
    return run;
  }

  async #commit(plan: Plan): Promise<void> {
    const { store, clock, random, busyTimeout } = this.parts;
    const exclusive = store.exclusive?.bind(store) ?? (<T>(work: () => Promise<T>): Promise<T> => work());
    const begun = clock.monotonic();
    for (let attempt = 0; ; attempt++) {
      if (await exclusive(() => this.#turn(() => this.#attempt(plan)))) return;
      if (clock.monotonic() - begun >= busyTimeout) throw errors.VAULT_BUSY({ attempts: attempt + 1 });
      await sleep(random() * Math.min(2 ** attempt, LONGEST_PAUSE), { clock, keepAlive: true });
    }
  }

  async #attempt(plan: Plan): Promise<boolean> {
    await this.#refresh();
    const base = this.#state;
    const keys = this.keys;
    // From here to the bytes there is no await: a lock in between would sign with zeroed keys.
    const change = plan(base, keys);
    if (change === undefined) return true;
    const next = nextState(base, change);
    const done = await this.#store(base.epoch, commitOf(base, next, change.keys ?? keys));
    if (done) this.#adopt(base, next, change);
    return done;
  }

  async #store(expected: number, next: VaultCommit): Promise<boolean> {
    const { store, clock } = this.parts;
    const start = clock.monotonic();
    let outcome = "error";
    try {
      const done = await store.commit(expected, next);
      outcome = done ? "ok" : "conflict";
      return done;
    } finally {
      if (committed.active) committed.emit({ outcome }, (clock.monotonic() - start) / 1000);
    }
  }

  async #refresh(): Promise<void> {
    const epoch = await this.parts.store.epoch();
    if (epoch === this.#state.epoch) return void this.keys;
    if (epoch === undefined || epoch < this.#state.epoch) throw rolledBack(epoch ?? 0, this.#state.epoch);
    const known = new Map(this.#state.layout.segments.map((segment) => [segment.id, segment]));
    const state = await loadState(this.parts.store, (head) => this.#keysOf(head), known);
    if (state.epoch < this.#state.epoch) throw rolledBack(state.epoch, this.#state.epoch);
    this.#state = state;
  }

  /** The keys, unless another process rotated the root: then these are of no more use. */
  #keysOf(head: Head): RootKeys {
    const keys = this.keys;
    if (keys.id.equals(head.keyId)) return keys;
    this.lock("rotated");
    throw errors.VAULT_LOCKED({ reason: "rotated" });
  }

  #adopt(base: State, next: Omit<State, "content">, change: Change): void {
    const content = change.rewritten === undefined ? base.content : new Content();
    for (const frame of change.rewritten ?? change.added ?? []) content.apply(frame);
    this.#state = { ...next, content };
    if (change.keys === undefined) return;
    const wasLocked = this.#keys === undefined; // while the write was under way
    this.#keys?.wipe();
    this.#keys = wasLocked ? undefined : change.keys;
    if (wasLocked) change.keys.wipe();
  }
}

/** Reads the newest state and authenticates it with the keys that `keysOf` has for its head. */
export async function loadState(
  store: VaultStore,
  keysOf: (head: Head) => RootKeys | Promise<RootKeys>,
  known: ReadonlyMap<string, Segment>,
): Promise<State> {
  for (let attempt = 0; attempt < READS; attempt++) {
    const stored = await store.read();
    if (stored === undefined) throw errors.VAULT_NOT_FOUND({ reason: "no vault" });
    const head = readHead(stored);
    const keys = keysOf(head);
    // Awaited only where it has to be: keys in use could be zeroed in between.
    authenticate(head, keys instanceof Promise ? await keys : keys);
    // Not before that: a head by somebody without the key may name any number of segments, and the same one often.
    const segments = await readSegments(store, head, known);
    if (segments !== undefined) return stateOf(head, segments);
  }
  throw corrupt("a segment is missing");
}

/** The error for an epoch below one that was seen. */
export function rolledBack(epoch: number, expected: number): Error {
  return errors.VAULT_ROLLBACK({ epoch, expected });
}

function nextState(base: State, change: Change): Omit<State, "content"> {
  const { content, layout } = base;
  return {
    epoch: base.epoch + 1,
    vaultId: base.vaultId,
    created: base.created,
    slots: change.slots ?? base.slots,
    layout:
      change.rewritten === undefined
        ? arrange(layout, change.added ?? [], content.liveBytes, () => content.live())
        : layOut(change.rewritten),
  };
}
