import type { Clock } from "@seaworthy/core";
import { condense, valueAtRank } from "./quantiles.ts";
import { type Run, Sketch } from "./sketch.ts";

/** Parts of the window; a value leaves it between 255/256 of the window and the whole of it after it was recorded. */
const SLICES = 256;
/** Values kept of a slice that is over: half a share of 1/128 is a rank error of 0.39 %. */
const POINTS = 128;

interface Slice {
  readonly index: number;
  readonly count: number;
  readonly max: number;
  readonly run: Run;
}

/** What a window held when it was read. */
export interface WindowReading {
  readonly count: number;
  readonly max: number;
  /** The value of this rank, from 0 (excluded) to 1. */
  quantile(q: number): number;
}

/**
 * The distribution of the values of the last `length` milliseconds. Memory is bounded by 256 slices of 128 values and
 * one sketch, 0.6 MB at the very most, whatever is recorded; a quiet window holds next to nothing.
 */
export class SlidingWindow {
  readonly #slice: number;
  readonly #clock: Clock;
  readonly #past: (Slice | undefined)[] = [];
  #index: number;
  #sketch = new Sketch();

  constructor(length: number, clock: Clock) {
    this.#slice = length / SLICES;
    this.#clock = clock;
    this.#index = this.#indexNow();
  }

  record(value: number): void {
    const index = this.#indexNow();
    if (index > this.#index) this.#roll(index);
    this.#sketch.record(value);
  }

  read(): WindowReading {
    const index = this.#indexNow();
    if (index > this.#index) this.#roll(index);
    const runs: Run[] = this.#sketch.runs();
    let { count, max } = this.#sketch;
    for (const slice of this.#past) {
      if (slice === undefined) continue;
      count += slice.count;
      max = Math.max(max, slice.max);
      runs.push(slice.run);
    }
    const quantile = (q: number): number => Math.min(max, valueAtRank(runs, Math.max(1, Math.ceil(q * count))));
    return { count, max, quantile };
  }

  #indexNow(): number {
    return Math.floor(this.#clock.monotonic() / this.#slice);
  }

  /** Closes the slice that is over and lets go of those that have left the window. */
  #roll(index: number): void {
    const sketch = this.#sketch;
    if (sketch.count > 0) {
      const run = condense(sketch.runs(), sketch.count, POINTS);
      this.#past[this.#index % SLICES] = { index: this.#index, count: sketch.count, max: sketch.max, run };
      this.#sketch = new Sketch();
    }
    // Slot by slot, as the hand of a clock; a jump wipes the whole dial.
    const steps = Math.min(index - this.#index, SLICES);
    for (let i = 1; i <= steps; i++) this.#past[(this.#index + i) % SLICES] = undefined;
    this.#index = index;
    if (steps === SLICES) this.#past.length = 0;
  }
}
