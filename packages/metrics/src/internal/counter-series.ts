import { type Exemplar, exemplarSample } from "./exemplar.ts";
import type { SeriesKind } from "./family.ts";

/** State of one series of a counter. */
export interface CounterSeries {
  value: number;
  exemplar: Exemplar | undefined;
}

export const counterSeries: SeriesKind<CounterSeries> = {
  type: "counter",
  create: () => ({ value: 0, exemplar: undefined }),
  write: ({ value, exemplar }, _name, labels, out) => void out.push({ labels, value, ...exemplarSample(exemplar) }),
  reset(series) {
    series.value = 0;
    series.exemplar = undefined;
  },
};
