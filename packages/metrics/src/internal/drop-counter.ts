import { type CounterSeries, counterSeries } from "./counter-series.ts";
import type { DropReason, Drops } from "./drops.ts";
import { Family } from "./family.ts";

/** The counter of drops, itself a metric, and its one warning per metric. */
export class DropCounter implements Drops {
  readonly family: Family<CounterSeries>;
  readonly #warned = new Set<string>();

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
    // A full metric has a warning of its own, and a late collection has an event.
    if (this.#warned.has(metric) || reason === "series_limit") return;
    this.#warned.add(metric);
    process.emitWarning(
      `Metric ${metric} could not make a recording (${reason}); later ones are counted in ${this.family.name} only.`,
      { code: "METRICS_DROPPED" },
    );
  }
}
