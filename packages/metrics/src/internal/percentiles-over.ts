import type { NoLabels } from "../labels.ts";
import type { BoundPercentiles, Percentiles } from "../percentiles.ts";
import { Binding } from "./binding.ts";
import type { Family } from "./family.ts";
import { type PercentilesSeries, readWindow } from "./percentiles-series.ts";

/** The percentiles over a family of windows. */
export function percentilesOver(family: Family<PercentilesSeries>): Percentiles<NoLabels> {
  const put = (series: PercentilesSeries, value: unknown): void => {
    if (typeof value === "number" && Number.isFinite(value)) series.window.record(value);
    else family.drop("value");
  };
  return {
    record(first?: unknown, second?: unknown): void {
      const series = family.of(first);
      if (series !== undefined) put(series, typeof first === "object" && first !== null ? second : first);
    },
    read: (labels?: unknown) => readWindow(family.peek(labels)?.window),
    bind(labels?: unknown): BoundPercentiles {
      const binding = new Binding(family, labels);
      return {
        record(value) {
          const series = binding.get();
          if (series !== undefined) put(series, value);
        },
        read: () => readWindow(binding.get()?.window),
      };
    },
    remove: (labels?: unknown) => family.remove(labels),
    reset: () => family.reset(),
  };
}
