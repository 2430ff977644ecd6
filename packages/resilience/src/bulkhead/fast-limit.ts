/** Bounds of {@link FastLimit}. */
export interface FastLimitOptions {
  readonly initial: number;
  readonly min: number;
  readonly max: number;
  /** Calls that may queue in the upstream: the α of the paper. */
  readonly headroom: number;
  /** Weight of each new estimate, more than 0 and at most 1: the γ of the paper. */
  readonly smoothing: number;
}

const LEAST_SAMPLES = 20;
const WINDOWS_BETWEEN_PROBES = 30;
// A probe that finds the base this much lower was itself queueing; the next one goes lower still.
const MUCH_LOWER = 0.9;

/**
 * A concurrency limit that follows latency, by the window update of FAST TCP (C. Jin, D. X. Wei, S. H. Low: "FAST TCP:
 * Motivation, Architecture, Algorithms, Performance", IEEE INFOCOM 2004):
 *
 *     limit ← min(2 · limit, (1 − γ) · limit + γ · (base / latency · limit + α))
 *
 * Its fixed point is where α calls queue in the upstream. `latency` is the mean over a window of as many calls as the
 * limit; `base`, the latency without queueing, is the lowest such mean, not the lowest sample, since an upstream's
 * latencies scatter. From time to time the limit is halved for one window to measure the base anew, as BBR does (N.
 * Cardwell et al.: "BBR: Congestion-Based Congestion Control", ACM Queue 14(5), 2016); without that neither an upstream
 * that got slower nor a limit that began too high would ever be noticed.
 */
export class FastLimit {
  readonly #options: FastLimitOptions;
  #limit: number;
  #base: number | undefined;
  #sum = 0;
  #samples = 0;
  #peak = 0;
  #windows = 0;
  #probing = false;
  /** Changes when a probe begins and ends; a call counts only within the phase that it began in. */
  phase = 0;

  constructor(options: FastLimitOptions) {
    this.#options = options;
    this.#limit = options.initial;
    this.#windows = WINDOWS_BETWEEN_PROBES - 2; // the first probe comes early: nothing is known yet
  }

  /** Calls that may be in flight now. */
  get current(): number {
    const { min } = this.#options;
    return Math.max(min, Math.floor(this.#probing ? this.#limit / 2 : this.#limit));
  }

  /** Takes the latency of a call that began in `phase` beside `inFlight` calls, itself included. Answers whether the limit may have moved. */
  sample(latency: number, inFlight: number, phase: number): boolean {
    if (phase !== this.phase) return false;
    this.#sum += latency;
    this.#samples += 1;
    this.#peak = Math.max(this.#peak, inFlight);
    if (this.#samples < Math.max(LEAST_SAMPLES, this.current)) return false;
    this.#endWindow(Math.max(this.#sum / this.#samples, 1e-6));
    this.#sum = 0;
    this.#samples = 0;
    this.#peak = 0;
    return true;
  }

  #endWindow(latency: number): void {
    if (this.#probing) this.#endProbe(latency);
    else this.#learn(latency);
  }

  #learn(latency: number): void {
    // A limit that is not used says nothing about what lies above it.
    const used = this.#peak >= this.current / 2;
    const base = Math.min(this.#base ?? latency, latency);
    this.#base = base;
    if (used) this.#update(base, latency);
    this.#windows += 1;
    if (used && this.#windows >= WINDOWS_BETWEEN_PROBES) this.#beginProbe();
  }

  #update(base: number, latency: number): void {
    const { min, max, headroom, smoothing } = this.#options;
    const estimate = (base / latency) * this.#limit + headroom;
    const next = (1 - smoothing) * this.#limit + smoothing * estimate;
    this.#limit = Math.min(max, Math.max(min, Math.min(2 * this.#limit, next)));
  }

  #beginProbe(): void {
    this.#probing = true;
    this.phase += 1;
  }

  #endProbe(latency: number): void {
    const lower = this.#base !== undefined && latency < this.#base * MUCH_LOWER;
    this.#base = latency;
    this.#probing = false;
    this.phase += 1;
    this.#windows = 0;
    if (!lower) return;
    // The old limit was mostly queue: go on from where the probe was, and look lower at once.
    this.#limit = Math.max(this.#options.min, this.#limit / 2);
    this.#beginProbe();
  }
}
