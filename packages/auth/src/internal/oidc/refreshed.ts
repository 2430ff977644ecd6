import type { Clock } from "@seaworthy/core";

/** How a document is kept. All times in milliseconds. */
export interface RefreshPlan<T> {
  load(): Promise<T>;
  /** How long it is used without being asked for again. */
  readonly cacheFor: number;
  /** How long it is used if it cannot be loaded again. */
  readonly staleFor: number;
  /** The least time between two loads. */
  readonly cooldown: number;
  readonly clock: Clock;
}

/**
 * A document of another host: loaded once for all callers, loaded again when it is old, and used for a while longer if
 * that fails. However many callers ask, there is at most one load per cooldown.
 */
export class Refreshed<T> {
  readonly #plan: RefreshPlan<T>;
  #held: { readonly value: T; readonly at: number } | undefined;
  #startedAt: number | undefined;
  #failure: { readonly error: unknown } | undefined;
  #loading: Promise<T> | undefined;

  constructor(plan: RefreshPlan<T>) {
    this.#plan = plan;
  }

  /**
   * @param wait - whether a load of an old document is waited for; otherwise the old one is returned at once
   * @throws what the last load threw, if there is no document that may be used
   */
  async get(wait = true): Promise<T> {
    const { cacheFor, staleFor, clock } = this.#plan;
    const held = this.#held;
    const age = held === undefined ? 0 : clock.monotonic() - held.at;
    if (held === undefined || age >= staleFor) return this.#load();
    if (age < cacheFor) return held.value;
    const loading = this.#load();
    loading.catch(() => undefined);
    // While the other host is known to be down, no caller waits for the next attempt.
    if (!wait || this.#failure !== undefined) return held.value;
    try {
      return await loading;
    } catch {
      return held.value;
    }
  }

  /**
   * The document as it is now, for a caller who misses something in it; within the cooldown, the one that is held.
   * @throws what the last load threw
   */
  renew(): Promise<T> {
    return this.#load();
  }

  async #load(): Promise<T> {
    const { cooldown, clock } = this.#plan;
    if (this.#loading !== undefined) return this.#loading;
    if (this.#startedAt !== undefined && clock.monotonic() - this.#startedAt < cooldown) {
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#held !== undefined) return this.#held.value;
    }
    this.#startedAt = clock.monotonic();
    this.#loading = this.#loadNow();
    try {
      return await this.#loading;
    } finally {
      this.#loading = undefined;
    }
  }

  async #loadNow(): Promise<T> {
    try {
      const value = await this.#plan.load();
      this.#held = { value, at: this.#plan.clock.monotonic() };
      this.#failure = undefined;
      return value;
    } catch (error) {
      this.#failure = { error };
      throw error;
    }
  }
}
