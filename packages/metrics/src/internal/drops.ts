import { type CounterSeries, counterSeries } from "./counter-series.ts";
import { Family } from "./family.ts";

/** Why a recording was not made. */
export type DropReason =
  /** A label was not given, or was null. */
  | "missing_label"
  /** A label was given that the metric does not have. */
  | "unknown_label"
  /** A label's value was neither text nor number nor boolean, or not among the declared ones. */
  | "label_value"
  /** The amount was not a finite number, or negative where that means nothing. */
  | "value"
  /** Reading the labels threw. */
  | "unreadable"
  /** An event's series name is taken by another metric. */
  | "conflict"
  /** A `collect` function, or a metric that the host registered itself, failed or did not answer. */
  | "collect";

/** Counts what could not be recorded. */
export interface Drops {
  count(metric: string, reason: DropReason): void;
}

/** The counter of drops, itself a metric, and its one warning per metric. */
export class DropCounter implements Drops {
  readonly family: Family<CounterSeries>;
  private readonly warned = new Set<string>();

  constructor(name: string, constant: Readonly<Record<string, string>>) {
    this.family = new Family({
      name,
      help: "Recordings that could not be made, by metric and reason.",
      kind: counterSeries,
      labels: { names: ["metric", "reason"] },
      constant,
      aggregator: "sum",
      limit: 10_000,
      drops: { count: () => undefined },
      onOverflow: () => undefined,
    });
  }

  count(metric: string, reason: DropReason): void {
    const series = this.family.find({ metric, reason });
    if (series !== undefined) series.value++;
    if (this.warned.has(metric)) return;
    this.warned.add(metric);
    process.emitWarning(
      `Metric ${metric} could not make a recording (${reason}); later ones are counted in ${this.family.name} only.`,
      { code: "METRICS_DROPPED" },
    );
  }
}
