import type { Clock } from "@seaworthy/core";
import { readMember } from "@seaworthy/core/objects";
import type { CacheStore } from "../store.ts";
import { remoteEvent } from "../telemetry.ts";
import { Deadlines, TOO_LATE } from "./deadlines.ts";
import { StoreBreaker, type StoreBreakerSettings } from "./store-breaker.ts";

/** What a {@link StoreGuard} needs. */
export interface StoreGuardSettings extends StoreBreakerSettings {
  readonly cache: string;
  readonly deadline: number;
  readonly clock: Clock;
}

/** What operations came to. */
export interface GuardCounts {
  operations: number;
  /** Operations that rejected, were too late, or were not tried because there is no connection. */
  errors: number;
  timeouts: number;
}

// Replies of a server that works, but refuses this command.
const REFUSAL = /^(?:OOM|READONLY|MISCONF|NOPERM|NOREPLICAS|WRONGTYPE|CROSSSLOT|ERR)\b/;

/** Runs operations of a store within a deadline, and none while it has just failed. */
export class StoreGuard {
  readonly counts: GuardCounts = { operations: 0, errors: 0, timeouts: 0 };
  readonly #store: CacheStore;
  readonly #settings: StoreGuardSettings;
  readonly #deadlines: Deadlines;
  readonly #breaker: StoreBreaker;
  readonly #onFailure: () => void;

  constructor(store: CacheStore, settings: StoreGuardSettings, onFailure: () => void) {
    this.#store = store;
    this.#settings = settings;
    this.#deadlines = new Deadlines(settings.clock);
    this.#breaker = new StoreBreaker(settings);
    this.#onFailure = onFailure;
  }

  get isOpen(): boolean {
    return this.#breaker.isOpen;
  }

  /** Whether the store should be tried again now, although it has failed. */
  mayRetry(): boolean {
    return this.#breaker.mayRetry(this.#settings.clock.monotonic());
  }

  /**
   * Resolves with the result, or with `undefined` if there is none in time. Never rejects.
   *
   * @param startedAt - when the call began that the operation is part of, for its deadline. @default now
   */
  async run<R>(operation: string, work: (store: CacheStore) => Promise<R>, startedAt?: number): Promise<R | undefined> {
    return this.isOpen ? undefined : this.attempt(operation, work, startedAt);
  }

  /** Waits for work that consists of several operations as for one. */
  async wait<R>(work: Promise<R>, startedAt: number): Promise<R | undefined> {
    const result = await this.#deadlines.within(work, startedAt + this.#settings.deadline);
    return result === TOO_LATE ? undefined : result;
  }

  /** The same as `run`, even if the store has just failed. */
  async attempt<R>(
    operation: string,
    work: (store: CacheStore) => Promise<R>,
    startedAt?: number,
  ): Promise<R | undefined> {
    const { clock, deadline } = this.#settings;
    const begun = clock.monotonic();
    this.counts.operations++;
    if (this.#store.isConnected === false) return this.#failed({ operation, outcome: "disconnected", begun });
    try {
      const result = await this.#deadlines.within(work(this.#store), (startedAt ?? begun) + deadline);
      if (result === TOO_LATE) return this.#failed({ operation, outcome: "timeout", begun });
      this.#breaker.succeeded();
      if (remoteEvent.active) this.#emit({ operation, outcome: "ok", begun });
      return result;
    } catch (error) {
      return this.#failed({ operation, outcome: "error", begun, error });
    }
  }

  #failed(failure: { operation: string; outcome: string; begun: number; error?: unknown }): undefined {
    const { outcome, error } = failure;
    this.counts.errors++;
    if (outcome === "timeout") this.counts.timeouts++;
    if (remoteEvent.active) this.#emit(failure);
    const message = readMember(error, "message");
    if (typeof message === "string" && REFUSAL.test(message)) return this.#breaker.succeeded() as undefined;
    this.#breaker.failed(this.#settings.clock.monotonic(), outcome === "disconnected");
    if (this.isOpen) this.#onFailure();
    return undefined;
  }

  #emit(end: { operation: string; outcome: string; begun: number; error?: unknown }): void {
    const { operation, outcome, begun, error } = end;
    const seconds = Math.max(0, this.#settings.clock.monotonic() - begun) / 1000;
    remoteEvent.emit(
      { cache: this.#settings.cache, operation, outcome },
      seconds,
      error === undefined ? undefined : { error },
    );
  }
}
