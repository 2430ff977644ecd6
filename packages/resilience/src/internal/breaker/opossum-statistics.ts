import { EventEmitter } from "node:events";
import type { Clock } from "@seaworthy/core";
import CircuitBreaker from "opossum";
import type { RollingStatistics, Sample, WindowCounts, WindowSnapshot } from "./rolling-statistics.ts";
import { SLICES, type SliceClock, sharedSliceClock } from "./slice-clock.ts";

/** What is used of opossum's `Status`; its published types leave the methods out. */
interface Status {
  readonly window: readonly { readonly fires: number; readonly failures: number }[];
  increment(property: "fires" | "failures"): void;
  shutdown(): void;
}

/**
 * The calls of the last so many milliseconds, counted by opossum's rolling `Status`. Its buckets are rotated through its
 * `rotateBucketController`, when the window is used and not by a timer per breaker. Their sums are kept here: the `stats`
 * of a `Status` adds up all buckets on each read, which takes 25 times as long as a guarded call.
 *
 * Calls are counted as `fires`. For each of its `successes`, a `Status` would also keep a latency in memory.
 */
export class OpossumStatistics implements RollingStatistics {
  readonly #clock: Clock;
  readonly #length: number;
  /** Created with the first call, and dropped when the window has become empty. */
  #status: Status | undefined;
  #rotation: EventEmitter | undefined;
  #slices: SliceClock | undefined;
  #generation = -1;
  #at = 0;
  calls = 0;
  failures = 0;
  readonly slow = 0;

  constructor(clock: Clock, milliseconds: number) {
    this.#clock = clock;
    this.#length = milliseconds / SLICES;
  }

  record(failed: boolean): void {
    // A failure may open the breaker, and the timer may be late.
    if (failed) this.#slices?.catchUp();
    const status = this.#open();
    status.increment("fires");
    this.calls += 1;
    if (!failed) return;
    status.increment("failures");
    this.failures += 1;
  }

  counts(): WindowCounts {
    if (this.#status !== undefined) {
      this.#slices?.catchUp();
      this.#rotate(this.#slices?.now ?? 0);
    }
    return { calls: this.calls, failures: this.failures, slow: 0 };
  }

  clear(): void {
    if (this.#status === undefined) return;
    this.#slices?.leave(this.#generation);
    this.#forget();
  }

  snapshot(): WindowSnapshot {
    this.counts();
    const samples: Sample[] = this.#status?.window.map(({ fires, failures }) => [fires, failures, 0]) ?? [];
    while (samples.at(-1)?.[0] === 0) samples.pop();
    return { slice: this.#length, samples };
  }

  /** The status, rotated up to now. */
  #open(): Status {
    // Looked up again after a test has replaced the timers of the platform.
    const slices = this.#slices ?? sharedSliceClock(this.#clock, this.#length);
    if (this.#status !== undefined && this.#generation === slices.generation) {
      this.#rotate(slices.use());
      if (this.#status !== undefined) return this.#status;
    }
    this.#forget();
    this.#slices = sharedSliceClock(this.#clock, this.#length);
    this.#generation = this.#slices.join();
    this.#at = this.#slices.now;
    this.#rotation = new EventEmitter();
    this.#status = createStatus(this.#rotation);
    return this.#status;
  }

  #rotate(now: number): void {
    const status = this.#status;
    if (status === undefined || now === this.#at) return;
    const slices = Math.min(SLICES, now - this.#at);
    for (const { fires, failures } of status.window.slice(SLICES - slices)) {
      this.calls -= fires;
      this.failures -= failures;
    }
    for (let slice = 0; slice < slices; slice++) this.#rotation?.emit("rotate");
    this.#at = now;
    if (this.calls === 0) this.clear();
  }

  #forget(): void {
    this.#status?.shutdown();
    this.#status = undefined;
    this.#rotation = undefined;
    this.#slices = undefined;
    this.#generation = -1;
    this.calls = 0;
    this.failures = 0;
  }
}

function createStatus(rotateBucketController: EventEmitter): Status {
  const status: unknown = CircuitBreaker.newStatus({
    rollingCountBuckets: SLICES,
    rollingPercentilesEnabled: false,
    enableSnapshots: false,
    rotateBucketController,
  });
  return status as Status;
}
