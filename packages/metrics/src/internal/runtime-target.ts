import type { Counter, CounterOptions } from "../counter.ts";
import type { Gauge, GaugeOptions } from "../gauge.ts";
import type { Histogram, HistogramOptions } from "../histogram.ts";
import type { LabelSpec, LabelsOf } from "../labels.ts";

/** Makes the runtime's metrics; one whose name the registry has already is made but not shown. */
export interface RuntimeTarget {
  counter<const S extends LabelSpec = readonly []>(options: CounterOptions<S>): Counter<LabelsOf<S>>;
  gauge<const S extends LabelSpec = readonly []>(options: GaugeOptions<S>): Gauge<LabelsOf<S>>;
  histogram<const S extends LabelSpec = readonly []>(options: HistogramOptions<S>): Histogram<LabelsOf<S>>;
}
