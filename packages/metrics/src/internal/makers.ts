import { type Clock, type Duration, toMilliseconds } from "@seaworthy/core";
import { checkOptions, oneOf, optionalFunction, showValue, withDefault } from "@seaworthy/core/options";
import type { CounterOptions } from "../counter.ts";
import type { GaugeOptions } from "../gauge.ts";
import type { HistogramOptions } from "../histogram.ts";
import type { LabelSpec } from "../labels.ts";
import type { Metrics } from "../metrics.ts";
import type { PercentilesOptions } from "../percentiles.ts";
import type { Catalog, WhenTaken } from "./catalog.ts";
import { counterOver } from "./counter-over.ts";
import { counterSeries } from "./counter-series.ts";
import { DURATION_BUCKETS } from "./duration-buckets.ts";
import { gaugeOver } from "./gauge-over.ts";
import { gaugeSeries } from "./gauge-series.ts";
import { histogramOver } from "./histogram-over.ts";
import { histogramSeries } from "./histogram-series.ts";
import { checkBuckets, checkCounterName } from "./options.ts";
import { percentilesOver } from "./percentiles-over.ts";
import { PERCENTILE, percentilesSeries } from "./percentiles-series.ts";
import type { Aggregation } from "./prom.ts";

/** What makes metrics. */
export type Makers = Pick<Metrics, "counter" | "gauge" | "histogram" | "percentiles">;

const COMMON = ["name", "help", "labels", "seriesLimit"];
const AGGREGATIONS: readonly Aggregation[] = ["sum", "first", "min", "max", "average", "omit"];
const LONGEST_WINDOW = 31 * 86_400_000;
/** Windows of one metric unless told otherwise: each takes up to 0.7 MB. */
const WINDOW_LIMIT = 100;

/** The functions that make metrics of a catalog; `whenTaken` says what happens to a name that the registry has already. */
export function makers(catalog: Catalog, clock: Clock, whenTaken: WhenTaken): Makers {
  const counter = (options: CounterOptions<LabelSpec>): unknown => {
    checkOptions("counter", options, [...COMMON, "collect"]);
    checkCounterName(options.name);
    const collect = optionalFunction("collect", options.collect);
    const over = (family: Parameters<typeof counterOver>[0]) => counterOver(family, clock);
    return catalog.define({ options, kind: counterSeries, aggregator: "sum", collect, over }, whenTaken);
  };
  const gauge = (options: GaugeOptions<LabelSpec>): unknown => {
    checkOptions("gauge", options, [...COMMON, "aggregate", "collect"]);
    const { aggregate: aggregator = "sum" } = options;
    oneOf("aggregate", aggregator, AGGREGATIONS);
    const collect = optionalFunction("collect", options.collect);
    const over = (family: Parameters<typeof gaugeOver>[0]) => gaugeOver(family, clock);
    return catalog.define({ options, kind: gaugeSeries, aggregator, collect, over }, whenTaken);
  };
  const histogram = (options: HistogramOptions<LabelSpec>): unknown => {
    checkOptions("histogram", options, [...COMMON, "buckets"]);
    const bounds = checkBuckets("buckets", withDefault(options.buckets, DURATION_BUCKETS));
    const over = (family: Parameters<typeof histogramOver>[0]) => histogramOver(family, bounds, clock);
    return catalog.define({ options, kind: histogramSeries(bounds), aggregator: "sum", over }, whenTaken);
  };
  const percentiles = (options: PercentilesOptions<LabelSpec>): unknown => {
    checkOptions("percentiles", options, [...COMMON, "window"]);
    const { help = "Percentiles over a sliding window.", window, ...given } = options;
    const length = windowLength(withDefault(window, "60s"));
    if (hasLabel(options.labels, PERCENTILE))
      throw new TypeError(`labels: the label ${PERCENTILE} is one that percentiles make themselves`);
    const seriesLimit = withDefault(options.seriesLimit, Math.min(WINDOW_LIMIT, catalog.limit));
    const kind = percentilesSeries(length, clock);
    const definition = { options: { ...given, help, seriesLimit }, kind, identity: ["percentiles", length] };
    return catalog.define({ ...definition, aggregator: "max", over: percentilesOver }, whenTaken);
  };
  return { counter, gauge, histogram, percentiles } as Makers;
}

function hasLabel(labels: LabelSpec | undefined, label: string): boolean {
  return Array.isArray(labels) ? labels.includes(label) : Object.hasOwn(labels ?? {}, label);
}

function windowLength(window: Duration): number {
  const length = toMilliseconds(window, "window");
  if (length < 1 || length > LONGEST_WINDOW)
    throw new TypeError(`window must be from 1 ms to 31 days; got ${showValue(window)}`);
  return length;
}
