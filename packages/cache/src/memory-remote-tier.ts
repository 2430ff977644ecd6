import type { Clock } from "@seaworthy/core";
import { checkOptions, clockOption } from "@seaworthy/core/options";
import { TIER_OPTIONS } from "./internal/link-settings.ts";
import { MemoryStore, SharedMemory } from "./internal/memory-store.ts";
import type { RemoteTier, RemoteTierOptions } from "./remote-tier.ts";

/** Options of {@link memoryTier}. */
export interface MemoryTierOptions extends RemoteTierOptions {
  clock?: Clock;
}

/** A remote tier without a server, and its faults. */
export interface MemoryTierHandle extends RemoteTier {
  /** `"down"` rejects every operation, `"frozen"` never answers, and `"deaf"` loses all announcements. @default "up" */
  fault: "up" | "down" | "frozen" | "deaf";
  /** Cuts all subscriptions. They are confirmed again at once, unless there is a fault. */
  cut(): void;
  /** Loses everything, as a server that was restarted. */
  flush(): void;
  /** The value of a key of a cache as the store has it. */
  raw(name: string, key: string): string | undefined;
  /** Puts any string in its place. */
  setRaw(name: string, key: string, value: string): void;
}

const OPTIONS = [...TIER_OPTIONS, "clock"];

/**
 * A remote tier in the memory of this process, for tests: several caches that share one behave like the caches of several
 * processes.
 *
 * @throws TypeError if an option is malformed
 * @example
 * ```ts
 * import { createCache } from "@seaworthy/cache";
 * import { memoryTier } from "@seaworthy/cache/testing";
 * const remote = memoryTier();
 * await using one = createCache({ name: "users", ttl: "1m", remote });
 * await using two = createCache({ name: "users", ttl: "1m", remote });
 * await one.set("u-1", { name: "Ada" });
 * console.log(await two.get("u-1")); // { name: 'Ada' }
 * ```
 */
export function memoryTier(options: MemoryTierOptions = {}): MemoryTierHandle {
  checkOptions("memoryTier", options, OPTIONS);
  const { clock, ...others } = options;
  const shared = new SharedMemory(clockOption("clock", clock));
  return {
    ...others,
    open: (name) => new MemoryStore(shared, name),
    get fault() {
      return shared.fault;
    },
    set fault(fault) {
      shared.fault = fault;
    },
    cut: () => shared.cut(),
    flush: () => shared.flush(),
    raw: (name, key) => shared.valueOf(name, key),
    setRaw: (name, key, value) => void shared.place(name).values.set(key, { value, until: Number.POSITIVE_INFINITY }),
  };
}
