import { getHeapStatistics } from "node:v8";
import { boundedString, checkOptions, withDefault } from "@seaworthy/core/options";
import type { Check } from "../check.ts";
import { Findings, ratio } from "../internal/built-in.ts";
import { memoryUse } from "../internal/cgroup.ts";
import { levelsOf, SHARE } from "../internal/levels.ts";
import type { Thresholds } from "../thresholds.ts";

/** Options of {@link memoryCheck}. */
export interface MemoryCheckOptions extends Thresholds<number> {
  /** Share of the limit in use, 0 to 1. @default 0.85 */
  degradedAt?: number | "never";
  /** Share of the limit in use, 0 to 1. @default 0.95 */
  unhealthyAt?: number | "never";
  /** Where control groups are mounted. @default "/sys/fs/cgroup" */
  cgroup?: string;
  /** The file that names this process's control groups. @default "/proc/self/cgroup" */
  self?: string;
}

const OPTIONS = ["degradedAt", "unhealthyAt", "cgroup", "self"];

/**
 * Compares memory in use with the limit that would kill the process: the tightest of its control group (v2 or v1) and
 * the groups above, or else the machine's memory. Page cache that the kernel can take back does not count, as in
 * Kubernetes. The JavaScript heap is compared with its own limit by the same shares.
 *
 * Data: `used`, `limit` and `ratio`; `source` (`"cgroup2"`, `"cgroup1"` or `"system"`); `rss`; `heap: { used, limit, ratio }`.
 *
 * @throws TypeError if an option is unknown or out of bounds, or `unhealthyAt` is below `degradedAt`
 * @example
 * ```ts
 * import { createHealth, memoryCheck } from "@seaworthy/health";
 * const health = createHealth();
 * health.add("memory", memoryCheck({ degradedAt: "never", unhealthyAt: "never" }), { groups: ["live"] });
 * console.log((await health.report("live")).checks.memory?.data?.source !== undefined); // true
 * ```
 */
export function memoryCheck(options: MemoryCheckOptions = {}): Check {
  checkOptions("memoryCheck", options, OPTIONS);
  const levels = levelsOf(SHARE, options, { degradedAt: 0.85, unhealthyAt: 0.95 });
  const cgroup = boundedString("cgroup", withDefault(options.cgroup, "/sys/fs/cgroup"), 1, 4096);
  const self = boundedString("self", withDefault(options.self, "/proc/self/cgroup"), 1, 4096);

  return async () => {
    const found = new Findings();
    const { used, limit, source } = await memoryUse(cgroup, self);
    const { used_heap_size: heapUsed, heap_size_limit: heapLimit } = getHeapStatistics();
    Object.assign(found.data, { used, limit, ratio: ratio(used, limit), source, rss: process.memoryUsage.rss() });
    found.data.heap = { used: heapUsed, limit: heapLimit, ratio: ratio(heapUsed, heapLimit) };
    found.judge(used / limit, levels, "HEALTH_MEMORY_HIGH");
    found.judge(heapUsed / heapLimit, levels, "HEALTH_HEAP_HIGH");
    return found.outcome();
  };
}
