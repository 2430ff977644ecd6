import { randomBytes } from "node:crypto";
import { type Clock, isSeaworthyError, sleep } from "@seaworthy/core";
import { errors } from "../errors.ts";
import type { VaultStore } from "../stores/store.ts";
import { commitEvent, lockEvent } from "../telemetry.ts";
import { type Appending, appendingOf, type Change, hasOpenLog, nextState, type Plan } from "./change.ts";
import { Content } from "./content.ts";
import type { RootKeys } from "./crypto/root-keys.ts";
import { type Head, ID_BYTES } from "./format/head.ts";
import type { KeyHolder } from "./key-holder.ts";
import { loadState, rolledBack } from "./load-state.ts";
import { commitOf, type State } from "./state.ts";
import { WriteQueue } from "./write-queue.ts";

/** What a ledger is made of. */
export interface LedgerParts {
  readonly store: VaultStore;
  readonly clock: Clock;
  readonly random: () => number;
  /** Milliseconds that a write tries again for while others are first. */
  readonly busyTimeout: number;
}

const LONGEST_PAUSE = 64;

/** The state of a vault, kept in step with its store: reads follow other writers, writes are compare-and-swap. */
export class Ledger implements KeyHolder {
  readonly parts: LedgerParts;
  #keys: RootKeys | undefined;
  #state: State;
  readonly #queue = new WriteQueue((batch) => this.#commit(batch));
  #turns: Promise<unknown> = Promise.resolve();
  /** A process that writes once leaves a vault without a log. */
  #hasWritten = false;

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
    if (lockEvent.active) lockEvent.emit({ reason });
  }

  unlock(keys: RootKeys, state: State): void {
    this.#keys?.wipe();
    this.#keys = keys;
    this.#state = state;
  }

  /** Follows other writers: reads the store's epoch, and then what is new. */
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
   * Writes what `plan` makes of the newest state; again on top of the newer state if another writer was first. Plans that
   * wait at the same time become one write. `plan` has no effects and may run several times. `undefined` from it means that
   * there is nothing to write.
   *
   * @throws VAULT_BUSY if others were first for `busyTimeout`
   */
  commit(plan: Plan): Promise<void> {
    return this.#queue.add(plan);
  }

  /** Writes a head without a log if this vault has appended to one. What cannot be done at once stays as it is. */
  async fold(): Promise<void> {
    const base = this.#state;
    if (this.#keys === undefined || base.log === undefined || !this.#hasWritten) return;
    // Everything that needs keys happens before the first await.
    const next = commitOf(base, nextState(base, {}, undefined), this.#keys);
    await this.parts.store.commit(base.epoch, next).catch(() => undefined);
  }

  /** One at a time: a read in the middle of an own write would meet a state that is stored but not adopted. */
  #turn<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#turns.then(work);
    this.#turns = run.catch(() => undefined);
    return run;
  }

  /** Writes the changes of a batch of plans; leaves out each plan that throws, and returns its error. */
  async #commit(batch: readonly Plan[]): Promise<readonly unknown[]> {
    const { store, clock, random, busyTimeout } = this.parts;
    const exclusive = store.exclusive?.bind(store) ?? (<T>(work: () => Promise<T>): Promise<T> => work());
    const begun = clock.monotonic();
    if (hasOpenLog(this.#state) && !batch.some((plan) => plan.isAlone)) {
      const done = await this.#turn(() => this.#attempt(batch, "append"));
      if (done !== undefined) return done;
    }
    for (let attempt = 0; ; attempt++) {
      const done = await exclusive(() => this.#turn(() => this.#attempt(batch, "replace")));
      if (done !== undefined) return done;
      if (clock.monotonic() - begun >= busyTimeout) throw errors.VAULT_BUSY({ attempts: attempt + 1 });
      await sleep(random() * Math.min(2 ** attempt, LONGEST_PAUSE), { clock, keepAlive: true });
    }
  }

  /**
   * What each plan threw, or `undefined` if another writer was first. Only a new head is worth the store's lock: where an
   * entry of the log lands is decided without one. So `"append"` also gives `undefined` if a new head is needed.
   */
  async #attempt(batch: readonly Plan[], how: "append" | "replace"): Promise<readonly unknown[] | undefined> {
    await this.#refresh();
    const base = this.#state;
    const keys = this.keys;
    const { change, content, failures } = await this.#planned(batch, base, keys);
    if (change === undefined) return failures;
    // From here to the bytes there is no await: a lock in between would sign with zeroed keys.
    if (this.#keys !== keys) throw errors.VAULT_LOCKED();
    const appending = appendingOf(base, change, keys);
    if (appending === undefined && how === "append") return undefined;
    const next = await this.#timed(
      base.epoch + 1,
      appending ? this.#append(appending) : this.#replace(base, change, keys),
    );
    if (next === undefined) return undefined;
    this.#adopt(base, next, content, change);
    return failures;
  }

  async #append({ append, next }: Appending): Promise<Omit<State, "content"> | undefined> {
    const end = await this.parts.store.append?.(append);
    return end === undefined ? undefined : next(end);
  }

  async #replace(base: State, change: Change, keys: RootKeys): Promise<Omit<State, "content"> | undefined> {
    const next = nextState(base, change, this.#newLog(change));
    const commit = commitOf(base, next, change.keys ?? keys, change.purge);
    return (await this.parts.store.commit(base.epoch, commit)) ? next : undefined;
  }

  #newLog({ added }: Change): string | undefined {
    const { append } = this.parts.store;
    return append !== undefined && added !== undefined && this.#hasWritten
      ? randomBytes(ID_BYTES).toString("hex")
      : undefined;
  }

  async #planned(batch: readonly Plan[], base: State, keys: RootKeys): Promise<Planned> {
    const failures: unknown[] = [];
    const added: NonNullable<Change["added"]>[number][] = [];
    const [first] = batch;
    if (first !== undefined && batch.length === 1) {
      const made = first(base, keys);
      return { change: made instanceof Promise ? await made : made, content: undefined, failures };
    }
    // Each plan sees the changes of those before it; in a copy, since the write has not happened.
    const content = new Content(base.content);
    for (const [at, plan] of batch.entries()) {
      try {
        const made = plan({ ...base, content }, keys);
        const change = made instanceof Promise ? await made : made;
        for (const frame of change?.added ?? []) {
          content.apply(frame);
          added.push(frame);
        }
      } catch (error) {
        failures[at] = error;
      }
    }
    return { change: added.length > 0 ? { added } : undefined, content, failures };
  }

  /** The store's answer, or `undefined` if another writer was first. */
  async #timed<T>(epoch: number, answer: Promise<T | undefined>): Promise<T | undefined> {
    const { clock } = this.parts;
    const start = clock.monotonic();
    let outcome = "error";
    try {
      const done = await answer;
      outcome = done === undefined ? "conflict" : "ok";
      return done;
    } catch (cause) {
      // Only the store knows whether nothing was written, and this error does not show it.
      throw isSeaworthyError(cause) ? cause : errors.VAULT_OUTCOME_UNKNOWN({ epoch }, { cause });
    } finally {
      if (commitEvent.active) commitEvent.emit({ outcome }, (clock.monotonic() - start) / 1000);
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

  #adopt(base: State, next: Omit<State, "content">, content: Content | undefined, change: Change): void {
    const adopted = content ?? (change.rewritten === undefined ? base.content : new Content());
    if (content === undefined) for (const frame of change.rewritten ?? change.added ?? []) adopted.apply(frame);
    if (next.layout.isFresh) adopted.removed.clear();
    this.#state = { ...next, content: adopted };
    this.#hasWritten = true;
    if (change.keys === undefined) return;
    const wasLocked = this.#keys === undefined; // while the write was under way
    this.#keys?.wipe();
    this.#keys = wasLocked ? undefined : change.keys;
    if (wasLocked) change.keys.wipe();
  }
}

interface Planned {
  readonly change: Change | undefined;
  /** With the change applied; `undefined` if it still has to be. */
  readonly content: Content | undefined;
  readonly failures: readonly unknown[];
}
