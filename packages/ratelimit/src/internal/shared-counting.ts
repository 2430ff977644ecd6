import type { Clock } from "@seaworthy/core";
import { errors } from "../errors.ts";
import type { LimitAnswer, LimitCall, LimitStore, LimitWindow } from "../stores/store.ts";
import { evictionEvent, storeEvent } from "../telemetry.ts";
import type { Counted, Counting } from "./counting.ts";
import { Deadlines } from "./deadlines.ts";
import { KeyTable } from "./key-table.ts";
import { ShadowState } from "./shadow-state.ts";
import { StoreHealth } from "./store-health.ts";

/** Options of {@link SharedCounting}. */
export interface SharedCountingOptions {
  readonly limiter: string;
  readonly store: LimitStore;
  readonly onStoreFailure: "memory" | "open" | "closed";
  /** Milliseconds. */
  readonly storeTimeout: number;
  readonly shadowEntries: number;
  readonly clock: Clock;
}

const PROBED: readonly LimitWindow[] = [{ algorithm: "log", limit: 1, window: 1000, burst: 1 }];

/**
 * Counts in a store that other processes share, behind a deadline and a breaker, and keeps a shadow of the counts. While
 * the store cannot be reached, calls are answered from the shadow; afterwards, what the store has missed is written to it.
 */
export class SharedCounting implements Counting {
  readonly #options: SharedCountingOptions;
  readonly #shadow: KeyTable<ShadowState>;
  readonly #deadlines: Deadlines;
  readonly #health: StoreHealth;

  constructor(options: SharedCountingOptions) {
    const { limiter, store, storeTimeout: timeout, shadowEntries: entries, clock } = options;
    const onDrop = (): void => {
      if (evictionEvent.active) evictionEvent.emit({ store: "shadow" });
    };
    // A reset writes, which a server with a full memory refuses.
    const key = "seaworthy probe";
    const probe = async (): Promise<LimitAnswer> =>
      store.apply({ limiter, key, windows: PROBED, action: "reset", amount: 0 });
    this.#options = options;
    this.#shadow = new KeyTable({ entries, create: () => new ShadowState(), onDrop });
    this.#deadlines = new Deadlines(timeout, clock);
    this.#health = new StoreHealth({ limiter, clock, timeout, probe });
  }

  get isDegraded(): boolean {
    return this.#health.isDegraded;
  }

  apply(call: LimitCall): Counted | Promise<Counted> {
    const now = this.#options.clock.monotonic();
    const state = this.#shadow.open(call.limiter, call.key, now);
    return this.#health.isUp ? this.#together(call, state, now) : this.#alone(call, state);
  }

  close(): void {
    this.#health.close();
  }

  async #together(call: LimitCall, state: ShadowState, started: number): Promise<Counted> {
    const { store, clock } = this.#options;
    const { owed, known } = state.handOver(call.windows, started);
    try {
      for (const missed of state.missed(started)) await this.#ask(missed, state);
      state.forgetMissed();
      const answer = await this.#ask(owed === 0 && known === undefined ? call : { ...call, owed, known }, state);
      state.adopt(call.windows, answer, clock.monotonic());
      return { answer, source: store.source, degraded: false };
    } catch (error) {
      state.takeBack(owed);
      return this.#alone(call, state, error);
    }
  }

  /** Asks the store within the deadline, and sees to it that an answer that comes too late is not counted twice. */
  async #ask(call: LimitCall, state: ShadowState): Promise<LimitAnswer> {
    const { store, clock, limiter } = this.#options;
    const started = clock.monotonic();
    const emit = (outcome: string, error?: unknown): void => {
      const seconds = (clock.monotonic() - started) / 1000;
      if (storeEvent.active)
        storeEvent.emit({ limiter, outcome }, seconds, error === undefined ? undefined : { error });
    };
    let applied: LimitAnswer | Promise<LimitAnswer>;
    const onLate = ({ allowed }: LimitAnswer): void => {
      state.takeBack(-(call.owed ?? 0));
      state.settled(call, allowed);
    };
    try {
      applied = store.apply(call);
      const answer = applied instanceof Promise ? await this.#deadlines.limit(applied, onLate) : applied;
      this.#health.succeeded();
      emit("ok");
      return answer;
    } catch (error) {
      this.#health.failed(error);
      emit("failed", error);
      throw error;
    }
  }

  #alone(call: LimitCall, state: ShadowState, cause?: unknown): Counted {
    const { onStoreFailure, clock, limiter } = this.#options;
    const isAsked = call.action === "consume" || call.action === "peek";
    if (isAsked && onStoreFailure === "closed") throw errors.RATELIMIT_UNAVAILABLE({ limiter }, { cause });
    if (isAsked && onStoreFailure === "open") {
      const windows = call.windows.map(() => ({ used: 0, resetAfter: 0, retryAfter: 0 }));
      return { answer: { allowed: true, blockedFor: 0, windows, generation: 0 }, source: "open", degraded: true };
    }
    const answer = state.apply(call, clock.monotonic());
    return { answer, source: onStoreFailure === "open" ? "open" : "memory", degraded: true };
  }
}
