import { reportCallback } from "./report.ts";

/** Listeners that cannot harm whoever tells them: what they throw, or reject with, is reported once. */
export class Listeners<T> {
  readonly #owner: string;
  readonly #held = new Map<symbol, (event: T) => unknown>();

  constructor(owner: string) {
    this.#owner = owner;
  }

  /** The same function given twice is called twice, until each is taken back. */
  add(listener: (event: T) => unknown): () => void {
    if (typeof listener !== "function") throw new TypeError(`${this.#owner}: the listener must be a function`);
    const key = Symbol();
    this.#held.set(key, listener);
    return () => void this.#held.delete(key);
  }

  notify(event: T): void {
    for (const listener of [...this.#held.values()]) {
      const report = (error: unknown): void => reportCallback(listener, `A listener of ${this.#owner}`, error);
      try {
        const result = listener(event);
        if (result instanceof Promise) result.catch(report);
      } catch (error) {
        report(error);
      }
    }
  }

  clear(): void {
    this.#held.clear();
  }
}
