import type { Run } from "./sketch.ts";

/** The smallest value at or below which at least `rank` of the weight of all runs lies. Runs must not be empty. */
export function valueAtRank(runs: readonly Run[], rank: number): number {
  const low = runs.map(() => 0);
  const high = runs.map(({ values }) => values.length);
  for (;;) {
    const pivot = pivotOf(runs, low, high);
    if (pivot === undefined) return smallestLeft(runs, high);
    let weight = 0;
    const below = runs.map(({ values, weight: each }, i) => {
      const position = upperBound(values, pivot, low[i] as number, high[i] as number);
      weight += position * each;
      return position;
    });
    // Cut either what is at most the pivot, or what is at least the pivot: the answer stays inside, or is `high`'s edge.
    if (weight < rank) for (let i = 0; i < runs.length; i++) low[i] = below[i] as number;
    else
      for (let i = 0; i < runs.length; i++)
        high[i] = lowerBound((runs[i] as Run).values, pivot, low[i] as number, below[i] as number);
  }
}

/** The middle item of the run that has most left to search. */
function pivotOf(runs: readonly Run[], low: readonly number[], high: readonly number[]): number | undefined {
  let widest = 0;
  let pivot: number | undefined;
  for (let i = 0; i < runs.length; i++) {
    const { values, weight } = runs[i] as Run;
    const width = ((high[i] as number) - (low[i] as number)) * weight;
    if (width <= widest) continue;
    widest = width;
    pivot = values[((high[i] as number) + (low[i] as number)) >> 1] as number;
  }
  return pivot;
}

/** Everything left of the edges lies below the rank: the answer is the first value to their right. */
function smallestLeft(runs: readonly Run[], edges: readonly number[]): number {
  let smallest = Number.POSITIVE_INFINITY;
  runs.forEach(({ values }, i) => {
    smallest = Math.min(smallest, values[edges[i] as number] ?? Number.POSITIVE_INFINITY);
  });
  return smallest;
}

/** Where the first item larger than `value` is, between `from` and `to`. */
function upperBound(values: Float64Array, value: number, from: number, to: number): number {
  let [low, high] = [from, to];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] as number) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Where the first item not smaller than `value` is, between `from` and `to`. */
function lowerBound(values: Float64Array, value: number, from: number, to: number): number {
  let [low, high] = [from, to];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Runs as one of at most `points` values, each in the middle of its share of the ranks: wrong by half a share at most. */
export function condense(runs: readonly Run[], count: number, points: number): Run {
  const [only] = runs;
  if (runs.length === 1 && only?.weight === 1 && only.values.length <= points) return only;
  const condensed = new Float64Array(points);
  const share = count / points;
  const next = runs.map(() => 0);
  let passed = 0;
  for (let made = 0; made < points; ) {
    const from = leastNext(runs, next);
    if (from === undefined) break;
    const { values, weight } = runs[from] as Run;
    passed += weight;
    while (made < points && passed >= (made + 0.5) * share) condensed[made++] = values[next[from] as number] as number;
    (next[from] as number)++;
  }
  return { values: condensed, weight: share };
}

/** Which run has the smallest item not yet passed. */
function leastNext(runs: readonly Run[], next: readonly number[]): number | undefined {
  let least: number | undefined;
  let smallest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < runs.length; i++) {
    const value = (runs[i] as Run).values[next[i] as number];
    if (value === undefined || value >= smallest) continue;
    smallest = value;
    least = i;
  }
  return least;
}
