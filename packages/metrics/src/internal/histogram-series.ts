import { type Exemplar, exemplarSample } from "./exemplar.ts";
import type { Series, SeriesKind } from "./series-kind.ts";

/** State of one series of a histogram. */
export interface HistogramSeries extends Series {
  /** One more than there are bounds: the last is `+Inf`. Not cumulative. */
  readonly counts: Float64Array;
  readonly exemplars: (Exemplar | undefined)[];
  /** How many recordings each bucket had since the series was last read. */
  readonly recent: Uint32Array;
  sum: number;
}

/** Series with these upper bounds. */
export function histogramSeries(bounds: readonly number[]): SeriesKind<HistogramSeries> {
  return {
    type: "histogram",
    overflow: "share",
    create: () => ({
      removed: false,
      counts: new Float64Array(bounds.length + 1),
      exemplars: [],
      recent: new Uint32Array(bounds.length + 1),
      sum: 0,
    }),
    write(series, name, labels, out) {
      let count = 0;
      for (let i = 0; i <= bounds.length; i++) {
        count += series.counts[i] ?? 0;
        const bucket = { le: bounds[i] ?? "+Inf", ...labels };
        out.push({
          labels: bucket,
          value: count,
          metricName: `${name}_bucket`,
          ...exemplarSample(series.exemplars[i]),
        });
      }
      out.push({ labels, value: series.sum, metricName: `${name}_sum` });
      out.push({ labels, value: count, metricName: `${name}_count` });
      series.recent.fill(0);
    },
    reset(series) {
      series.counts.fill(0);
      series.exemplars.length = 0;
      series.sum = 0;
    },
  };
}
