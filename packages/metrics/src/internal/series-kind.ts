import type { Sample, Snapshot } from "./prom.ts";

/** State that every series has. */
export interface Series {
  /** Whether the series was taken out of its metric. A bound child looks its series up anew then. */
  removed: boolean;
}

/** What a kind of metric does with one series. */
export interface SeriesKind<S extends Series> {
  readonly type: Snapshot["type"];
  /**
   * What happens to label sets past the series limit. The amounts of counters and histograms can be added up, so they
   * share one series. The values of several gauges in one series would mean nothing, so they are dropped and counted.
   */
  readonly overflow: "share" | "drop";
  create(): S;
  write(series: S, name: string, labels: Readonly<Record<string, string>>, out: Sample[]): void;
  reset(series: S): void;
}
