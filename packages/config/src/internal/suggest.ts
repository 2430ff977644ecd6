const LONGEST = 128;

/**
 * Returns the candidate that is nearest to a name, if one is near: within one edit for short names, up to four for long
 * ones, or `ratio` of the longer name. Case, underscores and other punctuation do not count.
 */
export function nearest(name: string, candidates: Iterable<string>, ratio?: number): string | undefined {
  const wanted = plain(name);
  let best: { candidate: string; distance: number } | undefined;
  for (const candidate of candidates) {
    if (candidate === name || candidate.length > LONGEST) continue;
    const other = plain(candidate);
    const limit = ratio === undefined ? nearness(wanted) : Math.floor(ratio * Math.max(wanted.length, other.length));
    if (Math.abs(other.length - wanted.length) > limit) continue;
    const distance = editDistance(wanted, other);
    if (distance > limit) continue;
    if (best === undefined || distance < best.distance || (distance === best.distance && candidate < best.candidate))
      best = { candidate, distance };
  }
  return best?.candidate;
}

function nearness(name: string): number {
  if (name.length < 3) return 0;
  return Math.min(4, Math.max(1, Math.floor(name.length / 4)));
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, "");
}

/** The number of insertions, deletions, replacements and swaps of neighbors that turn one string into the other. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    before = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
