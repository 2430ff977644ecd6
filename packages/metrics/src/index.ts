export { createClusterMetrics } from "./cluster.ts";
export { createMetrics } from "./create-metrics.ts";
export { eventSeries } from "./events.ts";
export { shareMetrics } from "./share-metrics.ts";

export type { ClusterMetrics, ClusterMetricsOptions } from "./cluster.ts";
export type { BoundCounter, Counter, CounterOptions, MetricOptions } from "./counter.ts";
export type { EventSeries, EventSeriesOptions } from "./events.ts";
export type { BoundGauge, Gauge, GaugeOptions } from "./gauge.ts";
export type { BoundHistogram, Histogram, HistogramOptions } from "./histogram.ts";
export type { DropReason } from "./internal/drops.ts";
export type { Aggregation, MetricsRegistry, PromRegistry, Rendered, Sample, Snapshot } from "./internal/prom.ts";
export type { SnapshotSource } from "./internal/share.ts";
export type { EndTimer, StartTimer } from "./internal/timers.ts";
export type { LabelSpec, LabelsOf, NoLabels, Recording } from "./labels.ts";
export type { Metrics, MetricsOptions } from "./metrics.ts";
export type { BoundPercentiles, Percentiles, PercentilesOptions, PercentilesReading } from "./percentiles.ts";
