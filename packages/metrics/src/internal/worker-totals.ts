import type { Snapshot } from "./prom.ts";
import { Remainder } from "./remainder.ts";

/** The last answer of every worker, and what remains of those that have ended. */
export class WorkerTotals {
  readonly #last = new Map<number, readonly Snapshot[]>();
  readonly #remainder = new Remainder();

  /** Takes in an answer. Each replaces the one before: a worker always sends all that it has counted. */
  update(worker: number, snapshots: readonly Snapshot[]): void {
    this.#last.set(worker, snapshots);
  }

  /** Keeps what a worker has counted after its end. Its id is never given to another worker. */
  end(worker: number): void {
    const snapshots = this.#last.get(worker);
    if (snapshots === undefined) return;
    this.#last.delete(worker);
    this.#remainder.add(snapshots);
  }

  /** What is to be added up. */
  snapshots(): (readonly Snapshot[])[] {
    return [...this.#last.values(), this.#remainder.snapshots()];
  }
}
