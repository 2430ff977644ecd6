import { type Exemplar, exemplarSample } from "./exemplar.ts";
import type { Series, SeriesKind } from "./series-kind.ts";

/** State of one series of a counter. */
export interface CounterSeries extends Series {
  value: number;
  exemplar: Exemplar | undefined;
}

export const counterSeries: SeriesKind<CounterSeries> = {
  type: "counter",
  overflow: "share",
  create: () => ({ removed: false, value: 0, exemplar: undefined }),
  write: ({ value, exemplar }, _name, labels, out) => void out.push({ labels, value, ...exemplarSample(exemplar) }),
  reset(series) {
    series.value = 0;
    series.exemplar = undefined;
  },
};
