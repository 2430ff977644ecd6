/** The calls of one window: their mean latency, how much it scatters, and how many were dropped. */
export class LatencySample {
  size = 0;
  /** The most calls that any of them found in flight, itself included. */
  peak = 0;
  #sum = 0;
  #squares = 0;
  #dropped = 0;

  add(latency: number, inFlight: number, dropped: boolean): void {
    this.size += 1;
    this.#sum += latency;
    this.#squares += latency * latency;
    if (dropped) this.#dropped += 1;
    if (inFlight > this.peak) this.peak = inFlight;
  }

  /** Milliseconds; more than 0, so that it can be divided by. */
  get mean(): number {
    return Math.max(this.#sum / this.size, 1e-6);
  }

  /** Squared coefficient of variation. */
  get variance(): number {
    const { mean } = this;
    return Math.max(0, this.#squares / this.size / (mean * mean) - 1);
  }

  /** Share of dropped calls, 0 to 1. */
  get drops(): number {
    return this.#dropped / this.size;
  }
}
