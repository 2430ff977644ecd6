/** When a store is left alone. */
export interface StoreBreakerSettings {
  readonly failures: number;
  readonly retryAfter: number;
}

/** Counts failures in a row, and opens for a while after too many. */
export class StoreBreaker {
  readonly #settings: StoreBreakerSettings;
  #failures = 0;
  #retryAt = 0;

  constructor(settings: StoreBreakerSettings) {
    this.#settings = settings;
  }

  get isOpen(): boolean {
    return this.#failures >= this.#settings.failures;
  }

  /** Whether it is open, and may be tried again. The next try then is later. */
  mayRetry(now: number): boolean {
    if (!this.isOpen || now < this.#retryAt) return false;
    this.#retryAt = now + this.#settings.retryAfter;
    return true;
  }

  succeeded(): void {
    this.#failures = 0;
  }

  /** Opens at once if the store is certainly not there. */
  failed(now: number, certain: boolean): void {
    this.#failures = certain ? Math.max(this.#failures + 1, this.#settings.failures) : this.#failures + 1;
    if (this.isOpen) this.#retryAt = now + this.#settings.retryAfter;
  }
}
