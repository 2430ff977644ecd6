import { type Clock, startTimer } from "@seaworthy/core";

interface Waiting {
  readonly due: number;
  expire(): void;
}

/** What an operation that was not over in time rejects with. It is made without a stack: a frozen store makes many. */
export const TOO_LATE: unique symbol = Symbol("seaworthy.too-late");

/**
 * Bounds how long operations are waited for, with one timer for all of them in place of one per operation. The timer runs
 * only while an operation is under way.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #waiting = new Set<Waiting>();
  #timerDue = Number.POSITIVE_INFINITY;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves as `work` does, or with {@link TOO_LATE} once `due` on the monotonic clock is past. */
  within<T>(work: Promise<T>, due: number): Promise<T | typeof TOO_LATE> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { due, expire: () => resolve(TOO_LATE) };
      this.#waiting.add(waiting);
      this.#arm(due);
      work.then(
        (value) => {
          this.#waiting.delete(waiting);
          resolve(value);
        },
        (error: unknown) => {
          this.#waiting.delete(waiting);
          reject(error);
        },
      );
    });
  }

  #arm(due: number): void {
    if (due >= this.#timerDue) return;
    this.#cancel?.();
    this.#timerDue = due;
    const delay = Math.max(0, due - this.#clock.monotonic());
    // Answers that have arrived while the event loop was busy are read before anything is given up.
    this.#cancel = startTimer(this.#clock, delay, () => setImmediate(() => this.#sweep()), {
      keepAlive: true,
    });
  }

  #sweep(): void {
    const now = this.#clock.monotonic();
    this.#timerDue = Number.POSITIVE_INFINITY;
    this.#cancel = undefined;
    let next = Number.POSITIVE_INFINITY;
    for (const waiting of this.#waiting) {
      if (waiting.due <= now) {
        this.#waiting.delete(waiting);
        waiting.expire();
      } else if (waiting.due < next) next = waiting.due;
    }
    if (next < Number.POSITIVE_INFINITY) this.#arm(next);
  }
}
