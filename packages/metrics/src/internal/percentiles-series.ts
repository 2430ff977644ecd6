import type { Clock } from "@seaworthy/core";
import type { PercentilesReading } from "../percentiles.ts";
import type { Series, SeriesKind } from "./series-kind.ts";
import { SlidingWindow } from "./sliding-window.ts";

/** State of one series of percentiles. */
export interface PercentilesSeries extends Series {
  window: SlidingWindow;
}

/** The label that tells the series of one window apart. */
export const PERCENTILE = "percentile";

/** Which gauge series a window makes. */
const SHOWN: readonly (readonly [label: string, member: keyof PercentilesReading])[] = [
  ["50", "p50"],
  ["95", "p95"],
  ["99", "p99"],
  ["100", "max"],
];

/** Series that are read off their windows at each render; none while a window is empty. */
export function percentilesSeries(length: number, clock: Clock): SeriesKind<PercentilesSeries> {
  return {
    type: "gauge",
    overflow: "share", // the distribution of all that does not fit is one as well
    create: () => ({ removed: false, window: new SlidingWindow(length, clock) }),
    write({ window }, _name, labels, out) {
      const reading = readWindow(window);
      if (reading.count === 0) return;
      for (const [percentile, member] of SHOWN) {
        const own = { [PERCENTILE]: percentile };
        out.push({ labels: { ...own, ...labels, ...own }, value: reading[member] });
      }
    },
    reset(series) {
      series.window = new SlidingWindow(length, clock);
    },
  };
}

export function readWindow(window: SlidingWindow | undefined): PercentilesReading {
  const { count, max, quantile } = window?.read() ?? { count: 0, max: Number.NaN, quantile: () => Number.NaN };
  if (count === 0) return { count, p50: Number.NaN, p95: Number.NaN, p99: Number.NaN, max: Number.NaN };
  return { count, p50: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99), max };
}
