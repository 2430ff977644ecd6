import { type Exemplar, exemplarSample } from "./exemplar.ts";
import type { Series, SeriesKind } from "./series-kind.ts";

/** State of one series of a counter. */
export interface CounterSeries extends Series {
  value: number;
  exemplar: Exemplar | undefined;
  /** How many recordings there were since the series was last read. */
  recent: number;
}

export const counterSeries: SeriesKind<CounterSeries> = {
  type: "counter",
  overflow: "share",
  create: () => ({ removed: false, value: 0, exemplar: undefined, recent: 0 }),
  write(series, _name, labels, out) {
    out.push({ labels, value: series.value, ...exemplarSample(series.exemplar) });
    series.recent = 0;
  },
  reset(series) {
    series.value = 0;
    series.exemplar = undefined;
  },
};
