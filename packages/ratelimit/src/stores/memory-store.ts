import type { Clock } from "@seaworthy/core";
import { checkOptions, clockOption, integer, withDefault } from "@seaworthy/core/options";
import { KeyState } from "../internal/key-state.ts";
import { KeyTable } from "../internal/key-table.ts";
import { LeaseTable } from "../internal/lease-table.ts";
import { evictionEvent } from "../telemetry.ts";
import type { LimitStore } from "./store.ts";

/** Options of {@link memoryLimitStore}. */
export interface MemoryLimitStoreOptions {
  /**
   * How many keys are kept, 1 to 10 000 000. If there are more, the key that was used least recently starts anew, and the
   * event `ratelimit.eviction` says so. A key takes about 650 bytes with up to 5 entries in
   * its log, and about 2600 with 100 (Node.js 24).
   * @default 100_000
   */
  entries?: number;
  clock?: Clock;
}

const OPTIONS = ["entries", "clock"];
const ENTRIES = 100_000;

/**
 * Counts in this process. Time is read from a clock that does not jump.
 *
 * @throws TypeError if an option is malformed
 * @example
 * ```ts
 * import { createRateLimiter, memoryLimitStore } from "@seaworthy/ratelimit";
 * const store = memoryLimitStore({ entries: 10_000 });
 * const limiter = createRateLimiter({ name: "search", limits: [{ limit: 30, window: "1m" }], store });
 * console.log((await limiter.consume("u-7")).remaining); // 29
 * ```
 */
export function memoryLimitStore(options: MemoryLimitStoreOptions = {}): LimitStore {
  checkOptions("memoryLimitStore", options, OPTIONS);
  const entries = integer("entries", withDefault(options.entries, ENTRIES), 1, 10_000_000);
  const clock = clockOption("clock", options.clock);
  const onDrop = (): void => {
    if (evictionEvent.active) evictionEvent.emit({ store: "memory" });
  };
  const counts = new KeyTable({ entries, create: () => new KeyState(), onDrop });
  const leases = new KeyTable({ entries, create: () => new LeaseTable(), onDrop });
  return {
    source: "memory",
    local: true,
    apply(call) {
      const now = clock.monotonic();
      return counts.open(call.limiter, call.key, now).apply(call, now);
    },
    lease(call) {
      const now = clock.monotonic();
      return leases.open(call.limiter, call.key, now).apply(call, now);
    },
  };
}
