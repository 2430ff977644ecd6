import { getHeapStatistics } from "node:v8";
import { boundedString, checkOptions, finiteNumber } from "@seaworthy/core/options";
import type { Check } from "../check.ts";
import { Findings, ratio } from "../internal/built-in.ts";
import { memoryUse } from "../internal/cgroup.ts";
import { withDefault } from "../internal/with-default.ts";

/** Options of {@link memoryCheck}. */
export interface MemoryCheckOptions {
  /** Share of the limit, 0 to 1, from which on the check is degraded. @default 0.85 */
  degradedAt?: number;
  /** Share of the limit, 0 to 1, from which on it is unhealthy. @default 0.95 */
  unhealthyAt?: number;
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
 * @throws TypeError when an option is unknown or out of bounds
 * @example
 * ```ts
 * import { createHealth, memoryCheck } from "@seaworthy/health";
 * const health = createHealth();
 * health.add("memory", memoryCheck({ degradedAt: 1, unhealthyAt: 1 }), { groups: ["live"] });
 * console.log((await health.report("live")).checks.memory?.data?.source !== undefined); // true
 * ```
 */
export function memoryCheck(options: MemoryCheckOptions = {}): Check {
  checkOptions("memoryCheck", options, OPTIONS);
  const degradedAt = finiteNumber("degradedAt", withDefault(options.degradedAt, 0.85), 0, 1);
  const unhealthyAt = finiteNumber("unhealthyAt", withDefault(options.unhealthyAt, 0.95), 0, 1);
  const cgroup = boundedString("cgroup", withDefault(options.cgroup, "/sys/fs/cgroup"), 1, 4096);
  const self = boundedString("self", withDefault(options.self, "/proc/self/cgroup"), 1, 4096);

  return async () => {
    const found = new Findings();
    const { used, limit, source } = await memoryUse(cgroup, self);
    const { used_heap_size: heapUsed, heap_size_limit: heapLimit } = getHeapStatistics();
    Object.assign(found.data, { used, limit, ratio: ratio(used, limit), source, rss: process.memoryUsage.rss() });
    found.data.heap = { used: heapUsed, limit: heapLimit, ratio: ratio(heapUsed, heapLimit) };
    const judge = (part: number, code: "HEALTH_MEMORY_HIGH" | "HEALTH_HEAP_HIGH"): void => {
      if (part >= unhealthyAt) found.add("unhealthy", code);
      else if (part >= degradedAt) found.add("degraded", code);
    };
    judge(used / limit, "HEALTH_MEMORY_HIGH");
    judge(heapUsed / heapLimit, "HEALTH_HEAP_HIGH");
    return found.outcome();
  };
}
