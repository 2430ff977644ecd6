import { isPromise } from "node:util/types";
import { type Clock, startTimer } from "@seaworthy/core";

/** How long a collection that does not end is waited for before a fresh one is started beside it, in milliseconds. */
const ABANDONED_AFTER = 60_000;

/** What a collector needs. */
export interface CollectorOptions {
  readonly collect: () => void | Promise<void>;
  /** How long a render waits for the promise, in milliseconds. */
  readonly limit: number;
  readonly clock: Clock;
  /** Called each time a collection failed, and for each render that a late one could not serve. */
  readonly onFailure: (reason: "failed" | "late", error?: unknown) => void;
  /** Called when an asynchronous collection has succeeded, however late. */
  readonly onCollected: () => void;
}

interface Running {
  readonly since: number;
  readonly end: Promise<void>;
  late: boolean;
}

/**
 * Runs the `collect` function of one metric. Renders that overlap share one collection. A late one is left running, and
 * no second one is started beside it for a minute, so that a dependency that hangs is not called by every scrape.
 */
export class Collector {
  readonly #options: CollectorOptions;
  #running: Running | undefined;

  constructor(options: CollectorOptions) {
    this.#options = options;
  }

  /** Resolves to whether the metric is up to date. A collection that is not asynchronous has ended on return. */
  run(): boolean | Promise<boolean> {
    const { collect, clock, onFailure } = this.#options;
    const running = this.#running;
    if (running !== undefined && clock.monotonic() - running.since < ABANDONED_AFTER) {
      if (!running.late) return this.#wait(running);
      onFailure("late");
      return false;
    }
    try {
      const result: unknown = collect();
      if (!isPromise(result)) return true;
      return this.#wait(this.#begin(result));
    } catch (error) {
      onFailure("failed", error);
      return true;
    }
  }

  #begin(result: Promise<unknown>): Running {
    const { clock, onFailure, onCollected } = this.#options;
    const end = result.then(
      () => {
        if (this.#running === running) onCollected();
      },
      (error) => onFailure("failed", error),
    );
    const running: Running = { since: clock.monotonic(), late: false, end };
    this.#running = running;
    void end.then(() => {
      if (this.#running === running) this.#running = undefined;
    });
    return running;
  }

  #wait(running: Running): Promise<boolean> {
    const { clock, limit, onFailure } = this.#options;
    return new Promise((resolve) => {
      const cancel = startTimer(clock, Math.max(0, running.since + limit - clock.monotonic()), () => {
        running.late = true;
        onFailure("late");
        resolve(false);
      });
      void running.end.then(() => {
        cancel();
        resolve(true);
      });
    });
  }
}
