import type { Clock } from "@seaworthy/core";
import type { BoundCounter, Counter } from "../counter.ts";
import type { NoLabels } from "../labels.ts";
import { Binding } from "./binding.ts";
import type { CounterSeries } from "./counter-series.ts";
import { exemplarOf, looksForExemplar } from "./exemplar.ts";
import type { Family } from "./family.ts";

/** The counter over a family of series. */
export function counterOver(family: Family<CounterSeries>, clock: Clock): Counter<NoLabels> {
  const grow = (series: CounterSeries, given: unknown = 1): void => {
    const amount = typeof given === "number" && given >= 0 ? given : Number.NaN;
    const next = series.value + amount;
    if (!(next < Number.POSITIVE_INFINITY)) {
      family.drop("value");
      return;
    }
    series.value = next;
    if (!looksForExemplar(series.recent++)) return;
    const exemplar = exemplarOf(amount, clock);
    if (exemplar !== undefined) series.exemplar = exemplar;
  };
  return {
    add(first?: unknown, second?: unknown): void {
      const series = family.of(first);
      if (series !== undefined) grow(series, typeof first === "object" && first !== null ? second : first);
    },
    bind(labels?: unknown): BoundCounter {
      const binding = new Binding(family, labels);
      return {
        add(amount) {
          const series = binding.get();
          if (series !== undefined) grow(series, amount);
        },
      };
    },
    remove: (labels?: unknown) => family.remove(labels),
    reset: () => family.reset(),
  };
}
