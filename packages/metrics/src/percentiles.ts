import type { Duration } from "@seaworthy/core";
import type { Family, SeriesKind } from "./internal/family.ts";
import type { SlidingWindow } from "./internal/sliding-window.ts";

/** Options of `metrics.percentiles()`. */
export interface PercentilesOptions {
  /** Name of the series, to which the instance's prefix is put. */
  name: string;
  /** One sentence: what is measured. @default "Percentiles over a sliding window." */
  help?: string;
  /** How far back values count, from 1 ms to 31 days. A value leaves at most 1/256 of it early. @default "60s" */
  window?: Duration;
}

/** What the window holds; with a count of 0 the other members are `NaN`. */
export interface PercentilesReading {
  count: number;
  p50: number;
  p95: number;
  p99: number;
  max: number;
}

/** Percentiles of the values recorded last, in this process. */
export interface Percentiles {
  /** Takes a finite number in. Never throws; anything else is counted as dropped. */
  record(value: number): void;
  /**
   * The window as it is now. `count` and `max` are exact; a percentile is a value that was recorded, whose rank is off
   * by less than 1 % of the count.
   */
  read(): PercentilesReading;
}

/** Which gauge series a window makes. */
const SHOWN: readonly (readonly [label: string, member: keyof PercentilesReading])[] = [
  ["50", "p50"],
  ["95", "p95"],
  ["99", "p99"],
  ["100", "max"],
];

/** Series that are read off `read` at each render; none while the window is empty. */
export function percentilesSeries(read: () => PercentilesReading): SeriesKind<object> {
  return {
    type: "gauge",
    create: () => ({}),
    write(_series, _name, labels, out) {
      const reading = read();
      if (reading.count === 0) return;
      for (const [percentile, member] of SHOWN) {
        const own = { percentile };
        out.push({ labels: { ...own, ...labels, ...own }, value: reading[member] });
      }
    },
    reset: () => undefined,
  };
}

export function readWindow(window: SlidingWindow): PercentilesReading {
  const { count, max, quantile } = window.read();
  if (count === 0) return { count, p50: Number.NaN, p95: Number.NaN, p99: Number.NaN, max: Number.NaN };
  return { count, p50: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99), max };
}

/** The percentiles over a window. */
export function percentilesOver(family: Family<object>, window: SlidingWindow): Percentiles {
  return {
    record(value) {
      if (Number.isFinite(value)) window.record(value);
      else family.drop("value");
    },
    read: () => readWindow(window),
  };
}
