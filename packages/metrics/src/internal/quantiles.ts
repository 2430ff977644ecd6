import type { Run } from "./sketch.ts";

/** A run, and the part of it that is still searched: from `low` to before `high`. */
interface Search extends Run {
  low: number;
  high: number;
}

/** The smallest value at or below which at least `rank` of the weight of all runs lies. Runs must not be empty. */
export function valueAtRank(runs: readonly Run[], rank: number): number {
  const searches = runs.map(({ values, weight }): Search => ({ values, weight, low: 0, high: values.length }));
  for (;;) {
    const pivot = pivotOf(searches);
    if (pivot === undefined) return smallestLeft(searches);
    let weight = 0;
    const below = searches.map((search) => {
      const position = upperBound(search, pivot);
      weight += position * search.weight;
      return { search, position };
    });
    // Cut either what is at most the pivot, or what is at least the pivot: the answer stays inside, or is `high`'s edge.
    for (const { search, position } of below) {
      if (weight < rank) search.low = position;
      else search.high = lowerBound({ ...search, high: position }, pivot);
    }
  }
}

/** The middle item of the run that has most left to search. */
function pivotOf(searches: readonly Search[]): number | undefined {
  let widest = 0;
  let pivot: number | undefined;
  for (const { values, weight, low, high } of searches) {
    const width = (high - low) * weight;
    if (width <= widest) continue;
    widest = width;
    pivot = values[(high + low) >> 1];
  }
  return pivot;
}

/** Everything left of the edges lies below the rank: the answer is the first value to their right. */
function smallestLeft(searches: readonly Search[]): number {
  return Math.min(...searches.map(({ values, high }) => values[high] ?? Number.POSITIVE_INFINITY));
}

/** Where the first item larger than `value` is, in the part that is searched. */
function upperBound({ values, low, high }: Search, value: number): number {
  return firstAt(low, high, (i) => (values[i] ?? value) > value);
}

/** Where the first item not smaller than `value` is, in the part that is searched. */
function lowerBound({ values, low, high }: Search, value: number): number {
  return firstAt(low, high, (i) => (values[i] ?? value) >= value);
}

/** The first index from `low` to before `high` that passes the test, which every later one passes too; or `high`. */
function firstAt(low: number, high: number, test: (index: number) => boolean): number {
  let [from, to] = [low, high];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (test(middle)) to = middle;
    else from = middle + 1;
  }
  return from;
}

/** Runs as one of at most `points` values, each in the middle of its share of the ranks: wrong by half a share at most. */
export function condense(runs: readonly Run[], count: number, points: number): Run {
  const [only] = runs;
  if (runs.length === 1 && only?.weight === 1 && only.values.length <= points) return only;
  const condensed = new Float64Array(points);
  const share = count / points;
  const rests = runs.map(({ values, weight }) => ({ values, weight, next: 0 }));
  let passed = 0;
  for (let made = 0; made < points; ) {
    const least = leastOf(rests);
    if (least === undefined) break;
    const { rest, value } = least;
    passed += rest.weight;
    while (made < points && passed >= (made + 0.5) * share) condensed[made++] = value;
    rest.next++;
  }
  return { values: condensed, weight: share };
}

/** What has not been passed of a run. */
interface Rest extends Run {
  next: number;
}

/** The run that has the smallest item not yet passed, and that item. */
function leastOf(rests: readonly Rest[]): { rest: Rest; value: number } | undefined {
  let least: Rest | undefined;
  let smallest = Number.POSITIVE_INFINITY;
  for (const rest of rests) {
    const value = rest.values[rest.next];
    if (value === undefined || value >= smallest) continue;
    smallest = value;
    least = rest;
  }
  return least === undefined ? undefined : { rest: least, value: smallest };
}
