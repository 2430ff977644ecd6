import type { Clock, Duration } from "@seaworthy/core";
import type { Counter, CounterOptions } from "./counter.ts";
import type { EventSeriesOptions } from "./events.ts";
import type { Gauge, GaugeOptions } from "./gauge.ts";
import type { Histogram, HistogramOptions } from "./histogram.ts";
import type { MetricsRegistry, PromRegistry, Rendered, Snapshot } from "./internal/prom.ts";
import type { LabelSpec, LabelsOf } from "./labels.ts";
import type { Percentiles, PercentilesOptions } from "./percentiles.ts";

/** Options of `createMetrics()`. */
export interface MetricsOptions<R extends MetricsRegistry = PromRegistry> {
  /** Put before every name as it is, so it usually ends in `_`; 64 characters at most. @default "" */
  prefix?: string;
  /**
   * Labels of every series that this instance makes, such as `{ service: "harbor" }`. A series of the package's own
   * that has such a label already, like `nodejs_version_info` its `version`, keeps its own value. @default none
   */
  labels?: Readonly<Record<string, string | number | boolean>>;
  /** Whether to measure the process: event loop, garbage collection, memory, CPU, file descriptors. @default true */
  runtime?: boolean;
  /** The largest number of label sets of one metric, 1 to 1 000 000. @default 1000 */
  seriesLimit?: number;
  /** A registry of prom-client, or one of its shape, to share with metrics that are not made here. @default one of its own */
  registry?: R;
  /**
   * How telemetry events become series, by the event's name: another name, other names of labels, other bounds.
   * @default as `eventSeries()` says
   */
  events?: Readonly<Record<string, EventSeriesOptions>>;
  /**
   * How long a render waits for an asynchronous `collect` and for metrics that the host put into the registry itself,
   * 1 ms to 1 minute. A metric that comes later keeps its last value, and is reported with the event `metrics.collect`. @default "1s"
   */
  collectTimeout?: Duration;
  /** @default the system's */
  clock?: Clock;
}

/** Metrics of one process. */
export interface Metrics<R extends MetricsRegistry = PromRegistry> extends AsyncDisposable {
  /**
   * A number that only grows. The same description again gives the same counter.
   * @throws TypeError if an option is not valid, or the name is taken or does not end in `_total`
   */
  counter<const S extends LabelSpec = readonly []>(options: CounterOptions<S>): Counter<LabelsOf<S>>;
  /**
   * A number that goes up and down. The same description again gives the same gauge.
   * @throws TypeError if an option is not valid, or the name is taken
   */
  gauge<const S extends LabelSpec = readonly []>(options: GaugeOptions<S>): Gauge<LabelsOf<S>>;
  /**
   * How often values fell into which range. The same description again gives the same histogram.
   * @throws TypeError if an option is not valid, or the name is taken
   */
  histogram<const S extends LabelSpec = readonly []>(options: HistogramOptions<S>): Histogram<LabelsOf<S>>;
  /**
   * Percentiles of this process over a sliding window; also a gauge with the label `percentile`.
   * @throws TypeError if an option is not valid, or the name is taken
   */
  percentiles<const S extends LabelSpec = readonly []>(options: PercentilesOptions<S>): Percentiles<LabelsOf<S>>;
  /**
   * Turns every telemetry event into series from now on, and shows every gauge that the packages define with
   * `defineGauge()` of `@seaworthy/core`, read for each render. Returns a function that ends this. An event counts once,
   * however often this is called.
   */
  observe(): () => void;
  /** Everything in the registry as text, in the format that an `Accept` header asks for. A metric that fails is left out and counted. */
  render(accept?: string): Promise<Rendered>;
  /** Everything in the registry as data. */
  snapshots(): Promise<Snapshot[]>;
  /** The registry that holds the metrics. */
  readonly registry: R;
  /** Stops observing and sampling, and takes its metrics out of the registry. Recording afterwards is harmless. */
  close(): Promise<void>;
}
