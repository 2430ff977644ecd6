import type { Clock } from "@seaworthy/core";
import { showValue } from "@seaworthy/core/options";
import type { Cut } from "../cut.ts";
import { workEvent } from "../telemetry.ts";

interface Item {
  readonly name: string;
  readonly since: number;
}

/** Background work that a shutdown waits for. */
export class Work {
  readonly #clock: Clock;
  readonly #open = new Set<Item>();
  readonly #waiting = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#open.size;
  }

  /** @throws TypeError if `promise` is not a promise, or `name` is not a string */
  track<P extends PromiseLike<unknown>>(promise: P, name = "work"): P {
    const thenable = (typeof promise === "object" && promise !== null) || typeof promise === "function";
    if (!thenable || typeof promise.then !== "function")
      throw new TypeError(`track: promise must be a promise; got ${showValue(promise)}`);
    if (typeof name !== "string") throw new TypeError(`track: name must be a string; got ${showValue(name)}`);
    const item = { name, since: this.#clock.monotonic() };
    this.#open.add(item);
    promise.then(
      () => this.#end(item, "ok"),
      (error: unknown) => this.#end(item, "failed", { name, error }),
    );
    return promise;
  }

  /** Resolves once nothing is open. */
  async idle(): Promise<void> {
    while (this.#open.size > 0) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  /** What is still open. */
  left(): Cut[] {
    const now = this.#clock.monotonic();
    return [...this.#open].map(({ name, since }) => ({ kind: "work", name, after: now - since }));
  }

  #end(item: Item, outcome: "ok" | "failed", details?: Record<string, unknown>): void {
    if (!this.#open.delete(item)) return; // a thenable that settles twice
    workEvent.emit({ outcome }, (this.#clock.monotonic() - item.since) / 1000, details);
    if (this.#open.size > 0) return;
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
