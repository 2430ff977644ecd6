import { readMember } from "@seaworthy/core/objects";
import { showValue } from "@seaworthy/core/options";
import type { Cache } from "./cache.ts";
import type { CacheStats } from "./stats.ts";

/** What {@link cacheCheck} reports. It has the form of a check's outcome of `@seaworthy/health`. */
export interface CacheCheckOutcome {
  status: "healthy" | "degraded";
  data: Readonly<Record<string, unknown>>;
  error?: "CACHE_UNSYNCED" | "CACHE_MEMORY_ONLY";
}

/**
 * Makes a health check of a cache: degraded while the remote tier cannot be reached (`CACHE_MEMORY_ONLY`), or while changes
 * by other processes are not heard (`CACHE_UNSYNCED`). A cache without a remote tier is healthy. A check of a cache that is
 * not used otherwise looks for the remote tier itself.
 *
 * @throws TypeError if it is not a cache
 * @example
 * ```ts
 * import { cacheCheck, createCache } from "@seaworthy/cache";
 * await using users = createCache({ name: "users", ttl: "5m" });
 * const check = cacheCheck(users); // health.add("cache", check, { critical: false })
 * console.log((await check()).status); // healthy
 * ```
 */
export function cacheCheck(cache: Pick<Cache<unknown>, "inspect" | "stats">): () => Promise<CacheCheckOutcome> {
  if (typeof readMember(cache, "stats") !== "function" || typeof readMember(cache, "inspect") !== "function")
    throw new TypeError(`cache must be a cache of createCache(); got ${showValue(cache)}`);
  return async () => {
    if (cache.stats().remote === undefined) return { status: "healthy", data: dataOf(cache.stats()) };
    // A lookup that counts nowhere finds out whether the store has come back.
    await cache.inspect("seaworthy-health-check");
    const stats = cache.stats();
    const data = dataOf(stats);
    const state = stats.remote?.state;
    if (state === "synced") return { status: "healthy", data };
    return { status: "degraded", data, error: state === "unavailable" ? "CACHE_MEMORY_ONLY" : "CACHE_UNSYNCED" };
  };
}

function dataOf({ memory, remote }: CacheStats): Record<string, unknown> {
  const own = { entries: memory.entries, bytes: memory.bytes, hitRatio: memory.hitRatio };
  if (remote === undefined) return { memory: own };
  const { kind, state, hitRatio, errors, timeouts } = remote;
  return { memory: own, remote: { kind, state, hitRatio, errors, timeouts } };
}
