import type { Clock } from "@seaworthy/core";
import type { BoundHistogram, Histogram } from "../histogram.ts";
import type { NoLabels } from "../labels.ts";
import { Binding } from "./binding.ts";
import { exemplarOf, looksForExemplar } from "./exemplar.ts";
import type { Family } from "./family.ts";
import type { HistogramSeries } from "./histogram-series.ts";
import { timed } from "./timed.ts";
import { boundTimer, timerOver } from "./timers.ts";

/** The histogram over a family of series. */
export function histogramOver(
  family: Family<HistogramSeries>,
  bounds: readonly number[],
  clock: Clock,
): Histogram<NoLabels> {
  const [lowestBound = 0] = bounds;
  const lowest = lowestBound < 0 ? Number.NEGATIVE_INFINITY : 0;
  const put = (series: HistogramSeries, given: unknown): void => {
    const value = typeof given === "number" && given >= lowest ? given : Number.NaN;
    const sum = series.sum + value;
    if (!Number.isFinite(sum)) {
      family.drop("value");
      return;
    }
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket++;
    (series.counts[bucket] as number)++;
    series.sum = sum;
    if (!looksForExemplar((series.recent[bucket] as number)++)) return;
    const exemplar = exemplarOf(value, clock);
    if (exemplar !== undefined) series.exemplars[bucket] = exemplar;
  };
  const observe = (first?: unknown, second?: unknown): void => {
    const series = family.of(first);
    if (series !== undefined) put(series, typeof first === "object" && first !== null ? second : first);
  };
  return {
    observe,
    time<T>(first: unknown, second?: () => T): T {
      const isAlone = typeof first === "function";
      const record = (seconds: number): void => (isAlone ? observe(seconds) : observe(first, seconds));
      return timed(clock, (isAlone ? first : second) as () => T, record);
    },
    startTimer: timerOver(clock, observe),
    bind(labels?: unknown): BoundHistogram {
      const binding = new Binding(family, labels);
      const record = (value: number): void => {
        const series = binding.get();
        if (series !== undefined) put(series, value);
      };
      return { observe: record, time: (fn) => timed(clock, fn, record), startTimer: boundTimer(clock, record) };
    },
    remove: (labels?: unknown) => family.remove(labels),
    reset: () => family.reset(),
  };
}
