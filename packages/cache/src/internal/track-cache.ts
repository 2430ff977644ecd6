import { bytesGauge, entriesGauge } from "../telemetry.ts";
import type { MemoryTier } from "./memory-tier.ts";

/** Shows the size of a memory tier in gauges, as long as the cache is in use. */
export function trackCache(cache: { readonly name: string }, memory: MemoryTier): void {
  if (!memory.exists) return;
  const reference = new WeakRef(memory);
  const labels = { cache: cache.name };
  entriesGauge.track(labels, () => reference.deref()?.size);
  bytesGauge.track(labels, () => reference.deref()?.bytes);
}
