import type { LimitCall, LimitStore } from "../stores/store.ts";
import type { Counted, Counting } from "./counting.ts";

/** Counts in a store of this process, which is always there. */
export class LocalCounting implements Counting {
  readonly #store: LimitStore;
  readonly isDegraded = false;

  constructor(store: LimitStore) {
    this.#store = store;
  }

  apply(call: LimitCall): Counted | Promise<Counted> {
    const answer = this.#store.apply(call);
    const { source } = this.#store;
    if (!(answer instanceof Promise)) return { answer, source, degraded: false };
    return answer.then((later) => ({ answer: later, source, degraded: false }));
  }

  close(): void {
    // It has neither timers nor waits.
  }
}
