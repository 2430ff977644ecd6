import { currentContext } from "@seaworthy/core";
import { errors } from "../errors.ts";

interface Waiting {
  start(): void;
}

/**
 * Runs a few pieces of work at once and lets a few others wait, in order. A hash takes a thread of Node's pool, which files and
 * names need as well.
 */
export class Turns {
  readonly #parallel: number;
  readonly #queue: number;
  readonly #waiting = new Set<Waiting>();
  #running = 0;

  constructor(parallel: number, queue: number) {
    this.#parallel = parallel;
    this.#queue = queue;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Work that has to wait leaves the queue if the signal of the context aborts.
   *
   * @throws AUTH_BUSY if the queue is full
   */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#parallel) await this.#turn();
    else this.#running++;
    try {
      return await work();
    } finally {
      const [next] = this.#waiting;
      // The place is handed over, so that a newcomer cannot take it in between.
      if (next === undefined) this.#running--;
      else next.start();
    }
  }

  #turn(): Promise<void> {
    if (this.#waiting.size >= this.#queue)
      throw errors.AUTH_BUSY({ running: this.#running, waiting: this.#waiting.size }, { retryAfter: "1s" });
    const { signal } = currentContext();
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiting.delete(place);
        reject(signal?.reason);
      };
      const place: Waiting = {
        start: () => {
          this.#waiting.delete(place);
          signal?.removeEventListener("abort", onAbort);
          resolve();
        },
      };
      if (signal?.aborted === true) return reject(signal.reason);
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#waiting.add(place);
    });
  }
}
