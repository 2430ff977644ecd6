import type { StoreRead } from "../store.ts";
import type { StoreGuard } from "./store-guard.ts";

/** What a caller gets of a batch: the position, and the values of its own keys. */
type Answer = StoreRead | undefined;

interface Waiting {
  readonly keys: readonly string[];
  readonly resolve: (answer: Answer) => void;
}

// A command of this size does not keep the server from others for long.
const MOST_KEYS = 500;

/** Puts the reads that are begun in one turn of the event loop into one request. */
export class ReadBatch {
  readonly #guard: StoreGuard;
  #waiting: Waiting[] = [];
  #keys = 0;
  #startedAt = 0;

  constructor(guard: StoreGuard) {
    this.#guard = guard;
  }

  /** Resolves with `undefined` if the store has not answered in time. */
  read(keys: readonly string[], startedAt: number): Promise<Answer> {
    return new Promise((resolve) => {
      if (this.#waiting.length === 0) {
        this.#startedAt = startedAt;
        process.nextTick(() => this.#flush());
      } else if (startedAt < this.#startedAt) this.#startedAt = startedAt;
      this.#waiting.push({ keys, resolve });
      this.#keys += keys.length;
      if (this.#keys >= MOST_KEYS) this.#flush();
    });
  }

  #flush(): void {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    this.#keys = 0;
    const keys = waiting.length === 1 ? (waiting[0]?.keys ?? []) : waiting.flatMap((one) => one.keys);
    void this.#guard
      .run("read", (store) => store.read(keys), this.#startedAt)
      .then((found) => {
        let from = 0;
        for (const { keys: own, resolve } of waiting) {
          const to = from + own.length;
          resolve(found && { position: found.position, values: found.values.slice(from, to) });
          from = to;
        }
      });
  }
}
