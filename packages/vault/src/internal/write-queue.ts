import type { Plan } from "./change.ts";

interface Waiting {
  readonly plan: Plan;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

// More than this would make one write long; the next ones follow at once.
const LONGEST_BATCH = 500;

/** Lets writes that wait at the same time become one. While a batch is being written, the next one collects. */
export class WriteQueue {
  readonly #write: (batch: readonly Plan[]) => Promise<readonly unknown[]>;
  readonly #waiting: Waiting[] = [];
  #isWriting = false;

  /** `write` resolves to what each plan threw, by position. */
  constructor(write: (batch: readonly Plan[]) => Promise<readonly unknown[]>) {
    this.#write = write;
  }

  /** Resolves once the plan's change is stored. */
  add(plan: Plan): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ plan, resolve, reject });
    if (!this.#isWriting) void this.#work();
    return promise;
  }

  async #work(): Promise<void> {
    this.#isWriting = true;
    // Calls of the same turn of the event loop belong to the first batch.
    await Promise.resolve();
    for (let batch = this.#next(); batch.length > 0; batch = this.#next()) {
      try {
        const failures = await this.#write(batch.map(({ plan }) => plan));
        for (const [at, { resolve, reject }] of batch.entries()) at in failures ? reject(failures[at]) : resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#isWriting = false;
  }

  #next(): Waiting[] {
    const until = this.#waiting.findIndex(({ plan }) => plan.isAlone === true);
    const count = until === 0 ? 1 : until < 0 ? LONGEST_BATCH : Math.min(until, LONGEST_BATCH);
    return this.#waiting.splice(0, count);
  }
}
