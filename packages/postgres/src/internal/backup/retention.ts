import type { Backup } from "../../backup/backups.ts";
import type { BackupStorage } from "../../backup/storage.ts";
import type { Catalog } from "./catalog.ts";
import { dumpName, manifestName, verificationName } from "./manifest-files.ts";

const DAY = 86_400_000;

/** How many backups stay. */
export interface Keep {
  readonly daily: number;
  readonly weekly: number;
}

/**
 * The backups that may be removed: all but the last one of each kept day and week (of UTC, weeks beginning on Monday), the
 * last complete one, and the last one that was verified.
 */
export function surplusOf(backups: readonly Backup[], keep: Keep): Backup[] {
  const newestFirst = [...backups].sort((a, b) => (a.id < b.id ? 1 : -1));
  const kept = new Set<Backup>();
  const [last] = newestFirst;
  if (last !== undefined) kept.add(last);
  const verified = newestFirst.find(({ verification }) => verification?.ok === true);
  if (verified !== undefined) kept.add(verified);
  keepLastOfEach(newestFirst, keep.daily, kept, (time) => Math.floor(time / DAY));
  // 1 January 1970 was a Thursday.
  keepLastOfEach(newestFirst, keep.weekly, kept, (time) => Math.floor((time / DAY + 3) / 7));
  return newestFirst.filter((backup) => !kept.has(backup));
}

function keepLastOfEach(
  newestFirst: readonly Backup[],
  count: number,
  kept: Set<Backup>,
  periodOf: (time: number) => number,
): void {
  const periods = new Set<number>();
  for (const backup of newestFirst) {
    // What failed its verification does not stand for its day.
    if (backup.verification?.ok === false) continue;
    const period = periodOf(Date.parse(backup.manifest.startedAt));
    if (periods.has(period) || periods.size >= count) continue;
    periods.add(period);
    kept.add(backup);
  }
}

/** Removes them. The manifest goes first, so that no backup is listed whose dump is gone. */
export async function removeSurplus(catalog: Catalog, storage: BackupStorage, keep: Keep): Promise<void> {
  for (const { id } of surplusOf(await catalog.list(), keep)) {
    await storage.remove(manifestName(id));
    await storage.remove(verificationName(id));
    await storage.remove(dumpName(id));
  }
}
