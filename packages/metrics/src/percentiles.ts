import type { Duration } from "@seaworthy/core";
import type { LabelSpec, NoLabels, Recording } from "./labels.ts";

/** Options of `metrics.percentiles()`. */
export interface PercentilesOptions<S extends LabelSpec = readonly []> {
  /** Name of the series, to which the instance's prefix is put. */
  name: string;
  /** One sentence: what is measured. @default "Percentiles over a sliding window." */
  help?: string;
  /** Names of the labels, or an object of name to every value it can take; not `percentile`. @default none */
  labels?: S;
  /**
   * The largest number of label sets that get a window of their own, 1 to 1 000 000; further ones share one. A window
   * that is recorded on heavily takes up to 0.7 MB. @default 100, or the instance's if that is less
   */
  seriesLimit?: number;
  /** How far back values count, from 1 ms to 31 days. A value leaves at most 1/256 of it early. @default "60s" */
  window?: Duration;
}

/** What the window holds; with a count of 0 the other members are `NaN`. */
export interface PercentilesReading {
  count: number;
  p50: number;
  p95: number;
  p99: number;
  max: number;
}

/** The window of one label set. */
export interface BoundPercentiles {
  /** Takes a finite number in. Never throws; anything else is counted as dropped. */
  readonly record: (value: number) => void;
  /** The window as it is now. */
  readonly read: () => PercentilesReading;
}

/** Percentiles of the values recorded last, in this process. */
export interface Percentiles<L = NoLabels> {
  /** Takes a finite number into the window of these labels. Never throws; what does not fit is counted as dropped. */
  readonly record: (...recording: Recording<L, [value: number]>) => void;
  /**
   * The window of these labels as it is now. `count` and `max` are exact; a percentile is a value that was recorded,
   * whose rank is off by less than 1 % of the count.
   */
  readonly read: (...labels: Recording<L, []>) => PercentilesReading;
  /** The window of these labels: recording on it looks nothing up. */
  readonly bind: (...labels: Recording<L, []>) => BoundPercentiles;
  /** Empties the window of these labels and takes it out. Never throws. */
  readonly remove: (...labels: Recording<L, []>) => void;
  /** Empties every window and takes it out. */
  readonly reset: () => void;
}
