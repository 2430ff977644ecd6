import type { MetricOptions } from "./counter.ts";
import type { StartTimer } from "./internal/timers.ts";
import type { LabelSpec, NoLabels, Recording } from "./labels.ts";

/** Options of `metrics.histogram()`. */
export interface HistogramOptions<S extends LabelSpec = readonly []> extends MetricOptions<S> {
  /**
   * Upper bounds of the buckets: 1 to 200 finite numbers, rising; `+Inf` is implied.
   * @default 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30
   */
  buckets?: readonly number[];
}

/** One series of a histogram. */
export interface BoundHistogram {
  /** Puts a finite number into its bucket. Never throws; anything else is counted as dropped. */
  readonly observe: (value: number) => void;
  /** Runs `fn` and observes how many seconds it took, to the end of a promise it returns; failures count as well. */
  readonly time: <T>(fn: () => T) => T;
  /** Starts to measure. The function it returns observes the seconds that passed, and returns them. */
  readonly startTimer: () => () => number;
}

/** How often values fell into which range. */
export interface Histogram<L = NoLabels> {
  /**
   * Puts a finite number into its bucket of the series of these labels. Never throws; what does not fit is counted as
   * dropped, and so is a negative number unless the lowest bound is negative.
   */
  readonly observe: (...recording: Recording<L, [value: number]>) => void;
  /**
   * Runs `fn`, returns what it returns, and observes how many seconds it took: to its return, or to the end of a
   * promise it returned. A failure counts too, and is passed on to the caller.
   */
  readonly time: <T>(...call: Recording<L, [fn: () => T]>) => T;
  /**
   * Starts to measure. The function it returns takes the labels that were not known at the start, observes the seconds
   * that passed, and returns them. Only its first call counts.
   */
  readonly startTimer: StartTimer<L>;
  /** The series of these labels, which exists at zero from now on: recording on it looks nothing up. */
  readonly bind: (...labels: Recording<L, []>) => BoundHistogram;
  /** Takes the series of these labels out. A series that exists from the start goes back to zero instead. Never throws. */
  readonly remove: (...labels: Recording<L, []>) => void;
  /** Takes every series out. Series that exist from the start go back to zero instead. */
  readonly reset: () => void;
}
