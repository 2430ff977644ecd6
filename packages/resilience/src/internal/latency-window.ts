const SIZE = 256;
const LEAST = 20;
const SORT_EVERY = 16;

/** The latest latencies of an operation, and their quantiles. A few kilobytes, however many calls it sees. */
export class LatencyWindow {
  readonly #ring = new Float64Array(SIZE);
  #count = 0;
  #sorted: Float64Array | undefined;
  #sortedAt = 0;

  /** Takes one latency, in milliseconds. */
  record(latency: number): void {
    this.#ring[this.#count % SIZE] = latency;
    this.#count += 1;
  }

  /** The `share` quantile of the last 256 latencies (nearest rank); `undefined` while fewer than 20 are known. */
  quantile(share: number): number | undefined {
    if (this.#count < LEAST) return undefined;
    // Sorting anew for each call would cost more than it tells.
    if (this.#sorted === undefined || this.#count - this.#sortedAt >= SORT_EVERY) {
      this.#sorted = this.#ring.slice(0, Math.min(this.#count, SIZE)).sort();
      this.#sortedAt = this.#count;
    }
    return this.#sorted[Math.max(0, Math.ceil(share * this.#sorted.length) - 1)];
  }
}
