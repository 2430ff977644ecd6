import { type Clock, startTimer } from "@seaworthy/core";
import { type RestartDelay, restartDelay } from "./crash-guard.ts";
import type { WorkerProcess } from "./worker-process.ts";

/** One of the places that the primary keeps filled with a worker. */
export class Slot {
  readonly place: number;
  worker: WorkerProcess | undefined;
  /** Whether a worker in this place has ever been ready. */
  wasReady = false;
  #failures = 0;
  #cancel: (() => void) | undefined;

  constructor(place: number) {
    this.place = place;
  }

  /**
   * Calls `restart` after a delay, which grows with the workers in this place that have ended in a row. Returns the delay.
   *
   * @param lived - milliseconds that the last worker has run for
   */
  scheduleRestart(
    settings: RestartDelay & { readonly clock: Clock; readonly crashWindow: number },
    lived: number,
    restart: () => void,
  ): number {
    this.#failures = lived >= settings.crashWindow ? 1 : this.#failures + 1;
    const delay = restartDelay(this.#failures, settings);
    // Without the timer, a primary whose last worker has ended would end as well.
    this.#cancel = startTimer(settings.clock, delay, restart, { keepAlive: true });
    return delay;
  }

  cancelRestart(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
