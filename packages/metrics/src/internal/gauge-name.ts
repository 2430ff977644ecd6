import type { GaugeDefinition } from "@seaworthy/core";

/**
 * The name of the series that `metrics.observe()` makes of a gauge: `a.b` is `a_b`, and in seconds, bytes or as a ratio
 * `a_b_seconds`, `a_b_bytes` or `a_b_ratio`. Items are not put into the name.
 */
export function gaugeSeriesName({ name, unit }: GaugeDefinition): string {
  const stem = name.replaceAll(".", "_");
  return unit === undefined || unit === "items" ? stem : `${stem}_${unit}`;
}
