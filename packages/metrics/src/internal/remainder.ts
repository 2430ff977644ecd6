import { withoutUndefined } from "@seaworthy/core/objects";
import { OVERFLOW } from "./family.ts";
import type { Sample, Snapshot } from "./prom.ts";

/** The largest number of samples that are kept of one metric. Those of further label sets are added up in one series. */
const LIMIT = 10_000;

interface Kept {
  readonly metric: Omit<Snapshot, "values">;
  readonly samples: Map<string, Sample>;
}

/**
 * What the workers that have ended had counted. Counters and histograms are kept, and the sums and counts of summaries;
 * gauges say what is, so they end with their worker.
 */
export class Remainder {
  readonly #kept = new Map<string, Kept>();

  add(snapshots: readonly Snapshot[]): void {
    for (const { values, ...metric } of snapshots) {
      if (metric.type === "gauge" || metric.aggregator === "omit") continue;
      const kept = this.#kept.get(metric.name) ?? { metric, samples: new Map<string, Sample>() };
      this.#kept.set(metric.name, kept);
      for (const sample of values) {
        if (metric.type !== "summary" || sample.metricName !== undefined) addSample(kept.samples, sample);
      }
    }
  }

  snapshots(): Snapshot[] {
    return [...this.#kept.values()].map(({ metric, samples }) => ({ ...metric, values: [...samples.values()] }));
  }
}

function addSample(samples: Map<string, Sample>, { labels, value, metricName }: Sample): void {
  const own = keyOf(metricName, labels);
  const folded = samples.has(own) || samples.size < LIMIT ? labels : foldLabels(labels);
  const key = folded === labels ? own : keyOf(metricName, folded);
  const sum = (samples.get(key)?.value ?? 0) + value;
  samples.set(key, withoutUndefined({ labels: folded, value: sum, metricName }));
}

/** Bounds of buckets are not labels of the host, and stay. */
function foldLabels(labels: Sample["labels"]): Sample["labels"] {
  return Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, name === "le" ? value : OVERFLOW]));
}

function keyOf(metricName: string | undefined, labels: Sample["labels"]): string {
  return JSON.stringify([metricName, Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))]);
}
