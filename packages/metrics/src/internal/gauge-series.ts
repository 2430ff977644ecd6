import type { Series, SeriesKind } from "./series-kind.ts";

/** State of one series of a gauge. */
export interface GaugeSeries extends Series {
  value: number;
}

export const gaugeSeries: SeriesKind<GaugeSeries> = {
  type: "gauge",
  overflow: "drop",
  create: () => ({ removed: false, value: 0 }),
  write: ({ value }, _name, labels, out) => void out.push({ labels, value }),
  reset(series) {
    series.value = 0;
  },
};
