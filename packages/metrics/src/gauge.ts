import type { MetricOptions } from "./counter.ts";
import type { Family, SeriesKind } from "./internal/family.ts";
import type { Aggregation } from "./internal/prom.ts";
import type { LabelSpec, NoLabels, Recording } from "./labels.ts";

/** Options of `metrics.gauge()`. */
export interface GaugeOptions<S extends LabelSpec = readonly []> extends MetricOptions<S> {
  /** How the values of several cluster workers become one. @default "sum" */
  aggregate?: Aggregation;
  /** Called before each render to bring the gauge up to date; it must not wait for anything. */
  collect?: () => void;
}

/** One series of a gauge. */
export interface BoundGauge {
  /** Puts the gauge at `value`, a finite number. Never throws; anything else is counted as dropped. */
  set(value: number): void;
  /** Moves the gauge by `amount`, a finite number of either sign. Never throws. @default 1 */
  add(amount?: number): void;
}

/** A number that goes up and down. */
export interface Gauge<L = NoLabels> {
  /** Puts the series of these labels at a finite number. Never throws; what does not fit is counted as dropped. */
  set(...recording: Recording<L, [value: number]>): void;
  /** Moves the series of these labels by a finite number of either sign. Never throws. */
  add(...recording: Recording<L, [amount?: number]>): void;
  /** The series of these labels, from now on there at zero: recording on it looks nothing up. */
  bind(...labels: Recording<L, []>): BoundGauge;
}

/** State of one series of a gauge. */
export interface GaugeSeries {
  value: number;
}

export const gaugeSeries: SeriesKind<GaugeSeries> = {
  type: "gauge",
  create: () => ({ value: 0 }),
  write: ({ value }, _name, labels, out) => void out.push({ labels, value }),
  reset(series) {
    series.value = 0;
  },
};

/** The gauge over a family of series. */
export function gaugeOver(family: Family<GaugeSeries>): Gauge<NoLabels> {
  const put = (series: GaugeSeries, value: unknown): void => {
    if (!Number.isFinite(value)) {
      family.drop("value");
      return;
    }
    series.value = value as number;
  };
  const move = (series: GaugeSeries, amount: unknown = 1): void => {
    put(series, typeof amount === "number" ? series.value + amount : amount);
  };
  const record = (act: typeof put, first: unknown, second: unknown): void => {
    const labelled = typeof first === "object" && first !== null;
    const series = labelled ? family.find(first) : family.only();
    if (series !== undefined) act(series, labelled ? second : first);
  };
  return {
    set: (first?: unknown, second?: unknown) => record(put, first, second),
    add: (first?: unknown, second?: unknown) => record(move, first, second),
    bind(labels?: unknown): BoundGauge {
      const series = family.bind(labels);
      if (series === undefined) {
        const drop = (): void => family.drop("missing_label");
        return { set: drop, add: drop };
      }
      return { set: (value) => put(series, value), add: (amount) => move(series, amount) };
    },
  };
}
