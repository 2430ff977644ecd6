export { createClusterMetrics, shareMetrics } from "./cluster.ts";
export { eventSeries } from "./events.ts";
export { createMetrics } from "./metrics.ts";

export type { ClusterMetrics, ClusterMetricsOptions, SnapshotSource } from "./cluster.ts";
export type { BoundCounter, Counter, CounterOptions, MetricOptions } from "./counter.ts";
export type { EventSeries } from "./events.ts";
export type { BoundGauge, Gauge, GaugeOptions } from "./gauge.ts";
export type { BoundHistogram, Histogram, HistogramOptions } from "./histogram.ts";
export type { DropReason } from "./internal/drops.ts";
export type { Aggregation, PromRegistry, Rendered, Sample, Snapshot } from "./internal/prom.ts";
export type { LabelSpec, LabelsOf, NoLabels, Recording } from "./labels.ts";
export type { Metrics, MetricsOptions } from "./metrics.ts";
export type { Percentiles, PercentilesOptions, PercentilesReading } from "./percentiles.ts";
