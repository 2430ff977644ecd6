import { type Clock, startTimer } from "@seaworthy/core";

interface Pending {
  readonly dueAt: number;
  readonly expire: () => void;
  done: boolean;
}

/** Waits for answers no longer than a fixed time, with one timer for all of them. Without an open wait there is none. */
export class Deadlines {
  readonly duration: number;
  readonly #clock: Clock;
  /** In the order in which they are due. */
  #queue: Pending[] = [];
  #open = 0;
  #cancel: (() => void) | undefined;

  constructor(duration: number, clock: Clock) {
    this.duration = duration;
    this.#clock = clock;
  }

  /**
   * Resolves and rejects as the promise does, or rejects after the fixed time. What the promise does afterwards is given to
   * `onLate`, or ignored if it rejects.
   */
  limit<T>(promise: Promise<T>, onLate: (value: T) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      const expire = (): void => reject(new Error(`the store did not answer within ${this.duration} ms`));
      const pending: Pending = { dueAt: this.#clock.monotonic() + this.duration, expire, done: false };
      this.#add(pending);
      promise.then(
        (value) => {
          if (this.#end(pending)) resolve(value);
          else onLate(value);
        },
        (error: unknown) => {
          if (this.#end(pending)) reject(error);
        },
      );
    });
  }

  #add(pending: Pending): void {
    this.#queue.push(pending);
    this.#open += 1;
    if (this.#cancel === undefined) this.#wait(this.duration);
  }

  /** @returns whether it was still open */
  #end(pending: Pending): boolean {
    if (pending.done) return false;
    pending.done = true;
    this.#open -= 1;
    if (this.#open > 0) return true;
    this.#cancel?.();
    this.#cancel = undefined;
    this.#queue = [];
    return true;
  }

  #wait(delay: number): void {
    // If the process was busy, answers that are already here are read before the time is up.
    const fire = (): void => {
      const immediate = setImmediate(() => this.#expire());
      this.#cancel = () => clearImmediate(immediate);
    };
    this.#cancel = startTimer(this.#clock, delay, fire, { keepAlive: true });
  }

  #expire(): void {
    this.#cancel = undefined;
    const now = this.#clock.monotonic();
    const first = this.#queue.findIndex(({ done, dueAt }) => !done && dueAt > now);
    const over = this.#queue.splice(0, first < 0 ? this.#queue.length : first);
    for (const pending of over) if (this.#end(pending)) pending.expire();
    const next = this.#queue[0];
    if (this.#open > 0 && next !== undefined && this.#cancel === undefined) this.#wait(Math.max(1, next.dueAt - now));
  }
}
