import { type Clock, type Duration, systemClock, toMilliseconds } from "@seaworthy/core";
import { checkOptions, flag, oneOf, optionalFunction, showValue, soundClock } from "@seaworthy/core/options";
import { negotiate } from "./accept.ts";
import { type Counter, type CounterOptions, counterOver } from "./counter.ts";
import { EventObserver, type EventSeries } from "./events.ts";
import { type Gauge, type GaugeOptions, gaugeOver, gaugeSeries } from "./gauge.ts";
import { DURATION_BUCKETS, type Histogram, type HistogramOptions, histogramOver } from "./histogram.ts";
import { Catalog } from "./internal/catalog.ts";
import { counterSeries } from "./internal/counter-series.ts";
import { histogramSeries } from "./internal/histogram-series.ts";
import * as check from "./internal/options.ts";
import type { Aggregation, PromRegistry, Rendered, Snapshot } from "./internal/prom.ts";
import { createRegistry, isRegistry, writeText } from "./internal/prom.ts";
import { SlidingWindow } from "./internal/sliding-window.ts";
import type { LabelSpec, LabelsOf } from "./labels.ts";
import type { Percentiles, PercentilesOptions } from "./percentiles.ts";
import { percentilesOver, percentilesSeries, readWindow } from "./percentiles.ts";
import { observeRuntime } from "./runtime.ts";

/** Options of {@link createMetrics}. */
export interface MetricsOptions {
  /** Put before every name as it is, so it usually ends in `_`; 64 characters at most. @default "" */
  prefix?: string;
  /**
   * Labels of every series that this instance makes, such as `{ service: "harbor" }`. A series of the package's own
   * that has such a label already, like `nodejs_version_info` its `version`, keeps its own value. @default none
   */
  labels?: Readonly<Record<string, string | number | boolean>>;
  /** Whether to measure the process: event loop, garbage collection, memory, CPU, file descriptors. @default true */
  runtime?: boolean;
  /** Most label sets of one metric, 1 to 1 000 000; further ones share one series. @default 1000 */
  seriesLimit?: number;
  /** A registry of prom-client to share with metrics that are not made here. @default one of its own */
  registry?: PromRegistry;
  /** Bucket bounds for events by name, such as `{ "http.request": [0.1, 0.3, 1] }`. @default by the event's unit */
  eventBuckets?: Readonly<Record<string, readonly number[]>>;
  /** @default the system's */
  clock?: Clock;
}

/** Metrics of one process. */
export interface Metrics extends AsyncDisposable {
  /**
   * A number that only grows. The same description again gives the same counter.
   * @throws TypeError when an option is unsound, or the name taken
   */
  counter<const S extends LabelSpec = readonly []>(options: CounterOptions<S>): Counter<LabelsOf<S>>;
  /**
   * A number that goes up and down. The same description again gives the same gauge.
   * @throws TypeError when an option is unsound, or the name taken
   */
  gauge<const S extends LabelSpec = readonly []>(options: GaugeOptions<S>): Gauge<LabelsOf<S>>;
  /**
   * How often values fell into which range. The same description again gives the same histogram.
   * @throws TypeError when an option is unsound, or the name taken
   */
  histogram<const S extends LabelSpec = readonly []>(options: HistogramOptions<S>): Histogram<LabelsOf<S>>;
  /**
   * Percentiles of this process over a sliding window; also a gauge with the label `percentile`.
   * @throws TypeError when an option is unsound, or the name taken
   */
  percentiles(options: PercentilesOptions): Percentiles;
  /** Turns every telemetry event into series from now on; the function returned ends that. Events count once however often it is called. */
  observe(): () => void;
  /** Everything in the registry as text, in the format that an `Accept` header asks for. A metric that fails is left out and counted. */
  render(accept?: string): Promise<Rendered>;
  /** Everything in the registry as data. */
  snapshots(): Promise<Snapshot[]>;
  /** The registry of prom-client that holds the metrics. */
  readonly registry: PromRegistry;
  /** Stops observing and sampling, and takes its metrics out of the registry. Recording goes on to be harmless. */
  close(): Promise<void>;
}

const OPTIONS = ["prefix", "labels", "runtime", "seriesLimit", "registry", "eventBuckets", "clock"];
const COMMON = ["name", "help", "labels", "seriesLimit"];
const AGGREGATIONS: readonly Aggregation[] = ["sum", "first", "min", "max", "average", "omit"];
const LONGEST_WINDOW = 31 * 86_400_000;

/**
 * Metrics for Prometheus that cannot hurt their host: recording never throws, series are bounded, and what could not be
 * recorded is counted in `seaworthy_metrics_dropped_total`.
 *
 * @throws TypeError when an option is unsound
 * @example
 * ```ts
 * import { createMetrics } from "@seaworthy/metrics";
 * const metrics = createMetrics({ prefix: "shop_" });
 * const orders = metrics.counter({ name: "orders_total", help: "Orders taken.", labels: ["country"] });
 * orders.add({ country: "NO" });
 * console.log((await metrics.render()).body.includes('shop_orders_total{country="NO"} 1')); // true
 * await metrics.close();
 * ```
 */
export function createMetrics(options: MetricsOptions = {}): Metrics {
  const { registry, clock, runtime, eventBuckets, ...rest } = readOptions(options);
  const catalog = new Catalog({ registry, clock, ...rest });
  const make = makers(catalog, clock, false);
  const events = new EventObserver(
    {
      counter: ({ name, labels }, help) => make.counter({ name, help, labels: labels as readonly [] }),
      histogram: ({ name, labels, buckets }: EventSeries, help) =>
        make.histogram({ name, help, labels: labels as readonly [], buckets: buckets as readonly number[] }),
      drop: (metric, reason) => catalog.drops.count(metric, reason),
    },
    eventBuckets,
  );
  const stopRuntime = runtime ? observeRuntime(makers(catalog, clock, true), clock) : undefined;
  const snapshots = (): Promise<Snapshot[]> => {
    events.prepare();
    return catalog.snapshots();
  };
  const close = async (): Promise<void> => {
    events.close();
    stopRuntime?.();
    catalog.close();
  };
  return {
    ...make,
    observe: () => events.observe(),
    render: async (accept) => writeText(await snapshots(), negotiate(accept)),
    snapshots,
    registry,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function readOptions(options: MetricsOptions) {
  checkOptions("createMetrics", options, OPTIONS);
  const { prefix = "", labels = {}, runtime = true, seriesLimit = 1000, clock = systemClock } = options;
  check.checkPrefix(prefix);
  const registry = options.registry ?? createRegistry();
  if (!isRegistry(registry)) throw new TypeError(`registry must be prom-client's; got ${showValue(registry)}`);
  const { eventBuckets = {} } = options;
  if (typeof eventBuckets !== "object" || eventBuckets === null)
    throw new TypeError(`eventBuckets must be an object of event to bounds; got ${showValue(eventBuckets)}`);
  const buckets = Object.entries(eventBuckets).map(
    ([event, bounds]) => [event, check.checkBuckets(`eventBuckets: ${event}`, bounds)] as const,
  );
  return {
    prefix,
    constant: check.checkConstantLabels(labels),
    limit: check.checkSeriesLimit(seriesLimit),
    runtime: flag("runtime", runtime),
    clock: soundClock("clock", clock),
    registry,
    eventBuckets: Object.fromEntries(buckets),
  };
}

type Makers = Pick<Metrics, "counter" | "gauge" | "histogram" | "percentiles">;

function makers(catalog: Catalog, clock: Clock, lenient: boolean): Makers {
  const counter = (options: CounterOptions<LabelSpec>): unknown => {
    checkOptions("counter", options, [...COMMON, "collect"]);
    const collect = optionalFunction("collect", options.collect);
    const over = (family: Parameters<typeof counterOver>[0]) => counterOver(family, clock);
    return catalog.define(
      { options, kind: counterSeries, aggregator: "sum", collect, identity: undefined, over },
      lenient,
    );
  };
  const gauge = (options: GaugeOptions<LabelSpec>): unknown => {
    checkOptions("gauge", options, [...COMMON, "aggregate", "collect"]);
    const { aggregate: aggregator = "sum" } = options;
    oneOf("aggregate", aggregator, AGGREGATIONS);
    const collect = optionalFunction("collect", options.collect);
    return catalog.define(
      { options, kind: gaugeSeries, aggregator, collect, identity: undefined, over: gaugeOver },
      lenient,
    );
  };
  const histogram = (options: HistogramOptions<LabelSpec>): unknown => {
    checkOptions("histogram", options, [...COMMON, "buckets"]);
    const bounds = check.checkBuckets("buckets", options.buckets ?? DURATION_BUCKETS);
    const over = (family: Parameters<typeof histogramOver>[0]) => histogramOver(family, bounds, clock);
    return catalog.define(
      { options, kind: histogramSeries(bounds), aggregator: "sum", identity: undefined, over },
      lenient,
    );
  };
  return { counter, gauge, histogram, percentiles: percentilesMaker(catalog, clock) } as Makers;
}

function percentilesMaker(catalog: Catalog, clock: Clock): Makers["percentiles"] {
  return (options) => {
    checkOptions("percentiles", options, ["name", "help", "window"]);
    const { name, help = "Percentiles over a sliding window." } = options;
    const length = windowLength(options.window ?? "60s");
    const window = new SlidingWindow(length, clock);
    return catalog.define({
      options: { name, help },
      kind: percentilesSeries(() => readWindow(window)),
      aggregator: "max",
      identity: ["percentiles", length],
      over: (family) => percentilesOver(family, window),
    });
  };
}

function windowLength(window: Duration): number {
  const length = toMilliseconds(window, "window");
  if (length < 1 || length > LONGEST_WINDOW)
    throw new TypeError(`window must be from 1 ms to 31 days; got ${showValue(window)}`);
  return length;
}
