import type { CacheStats, LoadStats, MemoryStats } from "../stats.ts";
import type { MemoryTier } from "./memory-tier.ts";
import type { RemoteLink } from "./remote-link.ts";

/** What a cache counts. */
export class Counts {
  memory = { hits: 0, stale: 0, misses: 0 };
  remote = { hits: 0, stale: 0, misses: 0, readBytes: 0, writtenBytes: 0, discarded: 0, skipped: 0 };
  load = { loads: 0, errors: 0, timeouts: 0, shared: 0, spared: 0, time: 0, pending: 0 };

  stats(memory: MemoryTier, link: RemoteLink | undefined): CacheStats {
    const load: LoadStats = { ...this.load };
    const own: MemoryStats = {
      ...this.memory,
      hitRatio: ratioOf(this.memory),
      entries: memory.size,
      bytes: memory.bytes,
    };
    if (link === undefined) return { memory: own, load };
    const { operations, errors, timeouts } = link.guard.counts;
    const { kind, state } = link;
    const remote = { kind, state, ...this.remote, hitRatio: ratioOf(this.remote), operations, errors, timeouts };
    return { memory: own, remote, load };
  }
}

function ratioOf({ hits, stale, misses }: { hits: number; stale: number; misses: number }): number {
  const all = hits + stale + misses;
  return all === 0 ? 0 : (hits + stale) / all;
}
