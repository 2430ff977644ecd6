import type { Clock } from "@seaworthy/core";
import type { RestorableStatistics, Sample, WindowCounts, WindowSnapshot } from "./rolling-statistics.ts";
import { SLICES, type SliceClock, sharedSliceClock } from "./slice-clock.ts";

const FIELDS = 3;
const EMPTY: readonly number[] = Array.from({ length: SLICES * FIELDS }, () => 0);

/**
 * The calls of the last so many milliseconds, in ten slices. It holds three numbers per slice and their sums, and moves
 * when it is used; it exists for as long as the breaker, and its slices for as long as they hold something.
 */
export class TimeWindow implements RestorableStatistics {
  readonly #clock: Clock;
  readonly #length: number;
  #slices: SliceClock | undefined;
  #generation = -1;
  #ring: number[] | undefined;
  #at = 0;
  calls = 0;
  failures = 0;
  slow = 0;

  constructor(clock: Clock, milliseconds: number) {
    this.#clock = clock;
    this.#length = milliseconds / SLICES;
  }

  record(failed: boolean, slow: boolean): void {
    // A failure may open the breaker, and the timer may be late.
    if (failed) this.#slices?.catchUp();
    const ring = this.#open();
    const place = (this.#at % SLICES) * FIELDS;
    ring[place] = (ring[place] ?? 0) + 1;
    this.calls += 1;
    if (failed) {
      ring[place + 1] = (ring[place + 1] ?? 0) + 1;
      this.failures += 1;
    }
    if (slow) {
      ring[place + 2] = (ring[place + 2] ?? 0) + 1;
      this.slow += 1;
    }
  }

  counts(): WindowCounts {
    if (this.#ring !== undefined) {
      this.#slices?.catchUp();
      this.#move(this.#slices?.now ?? 0);
    }
    return { calls: this.calls, failures: this.failures, slow: this.slow };
  }

  clear(): void {
    if (this.#ring === undefined) return;
    this.#slices?.leave(this.#generation);
    this.#forget();
  }

  snapshot(): WindowSnapshot {
    this.counts();
    const samples: Sample[] = [];
    const ring = this.#ring;
    if (ring === undefined) return { slice: this.#length, samples };
    for (let age = 0; age < SLICES; age++) {
      const place = ((((this.#at - age) % SLICES) + SLICES) % SLICES) * FIELDS;
      samples.push([ring[place] ?? 0, ring[place + 1] ?? 0, ring[place + 2] ?? 0]);
    }
    while (samples.at(-1)?.[0] === 0) samples.pop();
    return { slice: this.#length, samples };
  }

  restore({ slice, samples }: WindowSnapshot, passed: number): void {
    this.clear();
    samples.forEach(([calls, failures, slow], index) => {
      const age = Math.floor((passed + index * slice) / this.#length + 1e-6);
      if (calls === 0 || age >= SLICES) return;
      const ring = this.#open();
      const place = ((((this.#at - age) % SLICES) + SLICES) % SLICES) * FIELDS;
      [calls, failures, slow].forEach((count, field) => {
        ring[place + field] = (ring[place + field] ?? 0) + count;
      });
      this.calls += calls;
      this.failures += failures;
      this.slow += slow;
    });
  }

  /** The slices, moved on to now. */
  #open(): number[] {
    // Looked up anew after a test has put other timers in the platform's place.
    const slices = this.#slices ?? sharedSliceClock(this.#clock, this.#length);
    if (this.#ring !== undefined && this.#generation === slices.generation) {
      this.#move(slices.use());
      if (this.#ring !== undefined) return this.#ring;
    }
    this.#forget();
    this.#slices = sharedSliceClock(this.#clock, this.#length);
    this.#generation = this.#slices.join();
    this.#at = this.#slices.now;
    this.#ring = EMPTY.slice();
    return this.#ring;
  }

  #move(now: number): void {
    const ring = this.#ring;
    if (ring === undefined || now === this.#at) return;
    for (let slice = Math.max(this.#at + 1, now - SLICES + 1); slice <= now; slice++) {
      const place = (slice % SLICES) * FIELDS;
      this.calls -= ring[place] ?? 0;
      this.failures -= ring[place + 1] ?? 0;
      this.slow -= ring[place + 2] ?? 0;
      ring[place] = ring[place + 1] = ring[place + 2] = 0;
    }
    this.#at = now;
    if (this.calls === 0) this.clear();
  }

  #forget(): void {
    this.#ring = undefined;
    this.#slices = undefined;
    this.#generation = -1;
    this.calls = 0;
    this.failures = 0;
    this.slow = 0;
  }
}
