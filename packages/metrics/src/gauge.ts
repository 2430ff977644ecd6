import type { MetricOptions } from "./counter.ts";
import type { Aggregation } from "./internal/prom.ts";
import type { StartTimer } from "./internal/timers.ts";
import type { LabelSpec, NoLabels, Recording } from "./labels.ts";

/** Options of `metrics.gauge()`. */
export interface GaugeOptions<S extends LabelSpec = readonly []> extends MetricOptions<S> {
  /** How the values of several cluster workers become one. @default "sum" */
  aggregate?: Aggregation;
  /**
   * Called before each render to bring the gauge up to date. It may be asynchronous: a render waits for it, for as long
   * as the instance's `collectTimeout` allows, and shows what the last collection gave if it comes too late.
   */
  collect?: () => void;
}

/** One series of a gauge. */
export interface BoundGauge {
  /** Sets the gauge to `value`, a finite number. Never throws; anything else is counted as dropped. */
  readonly set: (value: number) => void;
  /** Adds `amount`, a finite number of either sign. Never throws. @default 1 */
  readonly add: (amount?: number) => void;
  /** Subtracts `amount`, a finite number of either sign. Never throws. @default 1 */
  readonly dec: (amount?: number) => void;
  /** Sets the gauge to the Unix time in seconds. */
  readonly setToCurrentTime: () => void;
  /** Starts to measure. The function it returns sets the gauge to the seconds that passed, and returns them. */
  readonly startTimer: () => () => number;
}

/** A number that goes up and down. */
export interface Gauge<L = NoLabels> {
  /** Sets the series of these labels to a finite number. Never throws; what does not fit is counted as dropped. */
  readonly set: (...recording: Recording<L, [value: number]>) => void;
  /** Adds a finite number of either sign to the series of these labels. Never throws. */
  readonly add: (...recording: Recording<L, [amount?: number]>) => void;
  /** Subtracts a finite number of either sign from the series of these labels. Never throws. */
  readonly dec: (...recording: Recording<L, [amount?: number]>) => void;
  /** Sets the series of these labels to the Unix time in seconds. */
  readonly setToCurrentTime: (...labels: Recording<L, []>) => void;
  /**
   * Starts to measure. The function it returns takes the labels that were not known at the start, sets the series to
   * the seconds that passed, and returns them. Only its first call counts.
   */
  readonly startTimer: StartTimer<L>;
  /** The series of these labels, which exists at zero from now on: recording on it looks nothing up. */
  readonly bind: (...labels: Recording<L, []>) => BoundGauge;
  /** Takes the series of these labels out. A series that exists from the start goes back to zero instead. Never throws. */
  readonly remove: (...labels: Recording<L, []>) => void;
  /** Takes every series out. Series that exist from the start go back to zero instead. */
  readonly reset: () => void;
}
