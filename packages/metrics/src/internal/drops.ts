/** Why a recording was not made. */
export type DropReason =
  /** A label was not given, or was null. */
  | "missing_label"
  /** A label was given that the metric does not have. */
  | "unknown_label"
  /** A label's value was not a string, a number or a boolean, or not among the declared ones. */
  | "label_value"
  /** The amount was not a finite number, or negative where that means nothing. */
  | "value"
  /** Reading the labels threw. */
  | "unreadable"
  /** A gauge had as many series as its limit allows. */
  | "series_limit"
  /** An event's series name is taken by another metric. */
  | "conflict"
  /** A `collect` function, or a metric that the host registered itself, failed or did not answer in time. */
  | "collect";

/** Counts what could not be recorded. */
export interface Drops {
  count(metric: string, reason: DropReason): void;
}
