import type { Clock } from "@seaworthy/core";
import type { CounterSeries } from "./internal/counter-series.ts";
import { exemplarOf } from "./internal/exemplar.ts";
import type { Family } from "./internal/family.ts";
import type { LabelSpec, NoLabels, Recording } from "./labels.ts";

/** What every metric is described with. */
export interface MetricOptions<S extends LabelSpec = readonly []> {
  /** Name of the series, to which the instance's prefix is put. Letters, digits and `_`; counters end in `_total`. */
  name: string;
  /** One sentence: what is measured. */
  help: string;
  /** Names of the labels, or an object of name to every value it can take. @default none */
  labels?: S;
  /** Most label sets before further ones share one series, 1 to 1 000 000. @default the instance's, 1000 */
  seriesLimit?: number;
}

/** Options of `metrics.counter()`. */
export interface CounterOptions<S extends LabelSpec = readonly []> extends MetricOptions<S> {
  /** Called before each render to bring the counter up to date; it must not wait for anything. */
  collect?: () => void;
}

/** One series of a counter. */
export interface BoundCounter {
  /** Adds `amount`, a finite number of 0 or more. Never throws; anything else is counted as dropped. @default 1 */
  add(amount?: number): void;
}

/** A number that only grows. */
export interface Counter<L = NoLabels> {
  /** Adds to the series of these labels. Never throws; what does not fit is counted as dropped. */
  add(...recording: Recording<L, [amount?: number]>): void;
  /** The series of these labels, from now on there at zero: recording on it looks nothing up. */
  bind(...labels: Recording<L, []>): BoundCounter;
}

/** The counter over a family of series. */
export function counterOver(family: Family<CounterSeries>, clock: Clock): Counter<NoLabels> {
  const grow = (series: CounterSeries, amount: unknown = 1): void => {
    const next = typeof amount === "number" && amount >= 0 ? series.value + amount : Number.NaN;
    if (!(next < Number.POSITIVE_INFINITY)) {
      family.drop("value");
      return;
    }
    series.value = next;
    const exemplar = exemplarOf(amount as number, clock);
    if (exemplar !== undefined) series.exemplar = exemplar;
  };
  return {
    add(first?: unknown, second?: unknown): void {
      const labelled = typeof first === "object" && first !== null;
      const series = labelled ? family.find(first) : family.only();
      if (series !== undefined) grow(series, labelled ? second : first);
    },
    bind(labels?: unknown): BoundCounter {
      const series = family.bind(labels);
      if (series === undefined) return { add: () => family.drop("missing_label") };
      return { add: (amount) => grow(series, amount) };
    },
  };
}
