const nothing = (): void => undefined;

/**
 * Runs asynchronous work one piece after the other, in the order in which it was added. Work that fails does not stop the
 * queue: its promise rejects, and the next piece starts.
 *
 * The queue has no limit and no timer. Work that never settles blocks what was added after it.
 *
 * @example
 * ```ts
 * import { SerialQueue } from "@seaworthy/core/waiting";
 * const queue = new SerialQueue();
 * const first = queue.add(async () => console.log("first"));
 * const second = queue.add(async () => console.log("second"));
 * await Promise.all([first, second]); // first, second
 * ```
 */
export class SerialQueue {
  #tail: Promise<unknown> = Promise.resolve();

  /** Runs the work once all that was added before has settled. Returns what the work returns, or rejects as it does. */
  add<T>(work: () => T | PromiseLike<T>): Promise<T> {
    const result = this.#tail.then(() => work());
    this.#tail = result.then(nothing, nothing);
    return result;
  }

  /** Resolves when nothing runs or waits any more, including what is added in the meantime. */
  async idle(): Promise<void> {
    for (let seen: unknown; seen !== this.#tail; ) {
      seen = this.#tail;
      await seen;
    }
  }
}
