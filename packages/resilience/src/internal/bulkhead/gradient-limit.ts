import { LatencySample } from "./latency-sample.ts";

/** Bounds of {@link GradientLimit}. */
export interface GradientLimitOptions {
  readonly initial: number;
  readonly min: number;
  readonly max: number;
  /** Calls that are added in each window while latency stays within the tolerance. */
  readonly headroom: number;
  /** Weight of each new estimate, more than 0 and at most 1. */
  readonly smoothing: number;
  /** How many times the usual latency is still taken for usual. */
  readonly tolerance: number;
}

const LEAST_SAMPLES = 20;
// A limit of one or two calls would otherwise take long to notice that the upstream is back.
const LEAST_SAMPLES_AT_SMALL_LIMIT = 8;
const SAMPLES_PER_SLOT = 4;
const MOST_PROBE_SAMPLES = 200;
// Enough samples that the standard error of their mean is a fifth of it.
const SAMPLES_PER_VARIANCE = 25;
const WARM_UP = 10;
// Netflix's window of 600 measurements as the weight of an exponential average: 2 / (600 + 1).
const LONG_WEIGHT = 2 / 601;
const WINDOWS_BETWEEN_PROBES = 100;
const WINDOWS_BEFORE_NEXT_PROBE = 10;
const PROBE_WEIGHT = 0.25;
const SLOW_START = 1.25;
// Latency that is still this much of what it was, at half the limit, is not a queue that the limit made.
const UNMOVED = 0.8;
const FORGET_DROPS = 0.05;
const MOSTLY_DROPPED = 0.5;

/**
 * A concurrency limit that follows latency by the rule of Gradient2 in Netflix's concurrency-limits:
 *
 *     gradient = max(0.5, min(1, tolerance × usual / latency))
 *     limit ← (1 − smoothing) × limit + smoothing × (limit × gradient + headroom)
 *
 * `latency` is the mean of a window of as many calls as the limit, and `usual` a long average of such means. A limit that
 * is not half used stays as it is. Five things are added, because the plain rule lets `usual` follow an overload until
 * the limit is at its maximum (with 20 workers at 1.5 times their capacity, it reached 400 within ten minutes):
 *
 * - While the limit binds, latency may be of its own making, so `usual` does not learn from it. Instead, the limit is
 *   halved once in 100 windows, and the calls that begin then are measured.
 * - If latency does not fall although the limit was halved, the upstream has become slower, and `usual` is set anew.
 * - The standard error of a window's mean is subtracted from it, so that chance does not lower the limit.
 * - Drops (429, 503, timeouts) lower the limit by their share, unless lowering it did not reduce them before.
 * - After drops the limit doubles per window until it is half of what it was, as the slow start of TCP does.
 */
export class GradientLimit {
  readonly #options: GradientLimitOptions;
  #limit: number;
  #usual: number | undefined;
  /** Squared coefficient of variation of single latencies. */
  #variance = 1;
  #usualDrops = 0;
  /** Half of the limit before drops lowered it: up to there it doubles once the drops have ended, as a TCP sender does. */
  #threshold = 0;
  #learned = 0;
  /** While the limit grows fast; two windows in a row that say otherwise end that, since one may be chance. */
  #starting = 2;
  #window = new LatencySample();
  /** The first probe comes early: the limit may have begun in a queue, which was then taken for the usual latency. */
  #boundWindows = WINDOWS_BETWEEN_PROBES - WINDOWS_BEFORE_NEXT_PROBE;
  #probe = 0;
  #probing = false;
  #probesLeft = 0;
  #wanted = 0;
  #beforeProbe = 0;
  #reference: { readonly limit: number; readonly latency: number; readonly drops: number } | undefined;

  constructor(options: GradientLimitOptions) {
    this.#options = options;
    this.#limit = options.initial;
  }

  /** Calls that may be in flight now. */
  get current(): number {
    return Math.max(this.#options.min, Math.floor(this.#probing ? this.#limit / 2 : this.#limit));
  }

  /** Notes that a call begins. Returns what to hand to {@link end}: the number of the probe that it belongs to, or 0. */
  begin(): number {
    // A probe waits for the first calls that began in it, the slow ones too: the first to end would all be fast ones.
    if (!this.#probing || this.#probesLeft === 0) return 0;
    this.#probesLeft -= 1;
    return this.#probe;
  }

  /** Takes a call that has ended. Returns whether the limit may have changed. */
  end(latency: number, inFlight: number, probe: number, dropped: boolean): boolean {
    if (this.#probing && probe !== this.#probe) return false;
    this.#window.add(latency, inFlight, dropped);
    if (this.#window.size < (this.#probing ? this.#wanted : this.#windowSize)) return false;
    const window = this.#window;
    this.#window = new LatencySample();
    if (this.#probing) this.#endProbe(window);
    else this.#endWindow(window);
    return true;
  }

  get #windowSize(): number {
    const least = Math.max(LEAST_SAMPLES_AT_SMALL_LIMIT, SAMPLES_PER_SLOT * this.current);
    return Math.max(Math.min(LEAST_SAMPLES, least), this.current);
  }

  #endWindow(window: LatencySample): void {
    const limit = this.current;
    const binds = window.peak >= limit;
    const drops = Math.max(0, window.drops - this.#options.tolerance * this.#usualDrops);
    if (window.drops < MOSTLY_DROPPED) this.#learn(window, binds && this.#learned >= WARM_UP);
    if (drops > 0) this.#threshold = Math.max(this.#threshold, this.#limit / 2);
    if (drops > 0) this.#limit = this.#bounded(Math.min(this.#limit, 2 * window.peak));
    if (drops > 0 || window.peak >= limit / 2) this.#update(window, drops);
    if (!binds) return;
    this.#boundWindows += 1;
    if (this.#boundWindows >= WINDOWS_BETWEEN_PROBES && drops === 0) this.#beginProbe(window.mean);
  }

  #learn(window: LatencySample, binds: boolean): void {
    if (this.#usual === undefined) {
      this.#usual = window.mean;
      this.#variance = window.variance;
      return;
    }
    this.#learned += 1;
    const weight = Math.max(LONG_WEIGHT, 1 / (this.#learned + 1));
    if (!binds) this.#average(window, weight);
    if (window.drops < this.#usualDrops) this.#usualDrops += FORGET_DROPS * (window.drops - this.#usualDrops);
    // As Gradient2 does after an overload, to come down faster than a long average would.
    if (this.#usual * (1 - this.#error(window)) > 2 * window.mean) this.#usual *= 0.95;
  }

  #average(window: LatencySample, weight: number): void {
    const usual = this.#usual ?? window.mean;
    this.#usual = usual + weight * (window.mean - usual);
    this.#variance += Math.max(weight, 0.02) * (window.variance - this.#variance);
  }

  /** The standard error of a window's mean, as a share of it. */
  #error(window: LatencySample): number {
    return Math.sqrt(this.#variance / window.size);
  }

  #update(window: LatencySample, drops: number): void {
    const { tolerance, smoothing, headroom } = this.#options;
    const latency = window.mean / (1 + this.#error(window));
    const ratio = (tolerance * (this.#usual ?? latency)) / latency;
    const gradient = Math.max(0.5, Math.min(1, ratio));
    if (this.#starting > 0) this.#starting = drops > 0 ? 0 : gradient < 1 ? this.#starting - 1 : 2;
    const growth = Math.max(headroom, this.#limit / 8);
    const next =
      this.#starting === 2
        ? this.#limit * SLOW_START
        : (1 - smoothing) * this.#limit + smoothing * (this.#limit * gradient + growth);
    this.#limit = this.#bounded(next - Math.min(0.5, drops) * this.#limit);
    if (gradient < 1 || drops > 0) this.#compare(window);
    else if (this.#reference !== undefined && this.#limit >= this.#reference.limit) this.#reference = undefined;
  }

  /** While the limit falls: has half the limit changed anything? If not, it is not the limit that the upstream suffers from. */
  #compare(window: LatencySample): void {
    this.#reference ??= { limit: this.#limit, latency: window.mean, drops: window.drops };
    const { limit, latency, drops } = this.#reference;
    if (this.#limit > limit / 2 && this.#limit > this.#options.min) return;
    this.#reference = undefined;
    if (window.drops >= MOSTLY_DROPPED) return;
    if (window.drops > 0 && window.drops >= UNMOVED * drops) this.#usualDrops = window.drops;
    if (window.mean >= UNMOVED * latency) this.#usual = window.mean;
  }

  #beginProbe(latency: number): void {
    this.#boundWindows = 0;
    this.#probing = true;
    this.#probe += 1;
    this.#beforeProbe = latency;
    const precise = Math.min(MOST_PROBE_SAMPLES, Math.ceil(SAMPLES_PER_VARIANCE * this.#variance));
    this.#wanted = Math.max(LEAST_SAMPLES, this.current, precise);
    this.#probesLeft = this.#wanted;
  }

  #endProbe(probe: LatencySample): void {
    this.#probing = false;
    const usual = this.#usual ?? probe.mean;
    if (probe.drops > this.#usualDrops) return;
    if (probe.mean * (1 + 2 * this.#error(probe)) < usual) {
      // What was taken for usual was a queue; the next probe follows soon, since this one may have queued as well.
      this.#usual = probe.mean;
      this.#variance = probe.variance;
      this.#boundWindows = WINDOWS_BETWEEN_PROBES - WINDOWS_BEFORE_NEXT_PROBE;
    } else if (probe.mean <= this.#options.tolerance * usual || probe.mean >= UNMOVED * this.#beforeProbe) {
      this.#average(probe, PROBE_WEIGHT);
    } else {
      this.#limit = this.#bounded(this.#limit * 0.75);
    }
  }

  #bounded(limit: number): number {
    return Math.min(this.#options.max, Math.max(this.#options.min, limit));
  }
}
