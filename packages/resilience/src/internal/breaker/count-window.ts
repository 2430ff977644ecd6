import type { RestorableStatistics, Sample, WindowCounts, WindowSnapshot } from "./rolling-statistics.ts";

const FAILED = 1;
const SLOW = 2;

/** The last so many calls, a byte each. */
export class CountWindow implements RestorableStatistics {
  readonly #size: number;
  #ring: Uint8Array | undefined;
  #next = 0;
  calls = 0;
  failures = 0;
  slow = 0;

  constructor(size: number) {
    this.#size = size;
  }

  record(failed: boolean, slow: boolean): void {
    this.#ring ??= new Uint8Array(this.#size);
    if (this.calls === this.#size) this.#count(this.#ring[this.#next] ?? 0, -1);
    const verdict = (failed ? FAILED : 0) | (slow ? SLOW : 0);
    this.#ring[this.#next] = verdict;
    this.#count(verdict, 1);
    this.#next = (this.#next + 1) % this.#size;
  }

  #count(verdict: number, by: 1 | -1): void {
    this.calls += by;
    if (verdict & FAILED) this.failures += by;
    if (verdict & SLOW) this.slow += by;
  }

  counts(): WindowCounts {
    return { calls: this.calls, failures: this.failures, slow: this.slow };
  }

  clear(): void {
    this.#ring = undefined;
    this.#next = this.calls = this.failures = this.slow = 0;
  }

  snapshot(): WindowSnapshot {
    const samples: Sample[] = [];
    for (let age = 1; age <= this.calls; age++) {
      const verdict = this.#ring?.[(this.#next - age + this.#size) % this.#size] ?? 0;
      samples.push([1, verdict & FAILED, (verdict & SLOW) >> 1]);
    }
    return { slice: 0, samples };
  }

  restore({ samples }: WindowSnapshot): void {
    this.clear();
    for (const [calls, failures, slow] of samples.slice(0, this.#size).toReversed())
      for (let call = 0; call < Math.min(calls, this.#size); call++) this.record(call < failures, call < slow);
  }
}

/** Failures in a row, and slow calls in a row; the breaker opens at so many of either. */
export class ConsecutiveWindow implements RestorableStatistics {
  failures = 0;
  slow = 0;

  get calls(): number {
    return Math.max(this.failures, this.slow);
  }

  record(failed: boolean, slow: boolean): void {
    this.failures = failed ? this.failures + 1 : 0;
    this.slow = slow ? this.slow + 1 : 0;
  }

  counts(): WindowCounts {
    return { calls: this.calls, failures: this.failures, slow: this.slow };
  }

  clear(): void {
    this.failures = 0;
    this.slow = 0;
  }

  snapshot(): WindowSnapshot {
    const { calls, failures, slow } = this.counts();
    return { slice: 0, samples: calls === 0 ? [] : [[calls, failures, slow]] };
  }

  restore({ samples }: WindowSnapshot): void {
    this.clear();
    const [newest] = samples;
    if (newest === undefined) return;
    // Only what may have been in a row: everything that was counted had failed.
    const [calls, failures, slow] = newest;
    this.failures = failures === calls ? failures : 0;
    this.slow = slow === calls ? slow : 0;
  }
}
