import { statfs } from "node:fs/promises";
import { type ByteSize, toBytes } from "@seaworthy/core";
import { boundedString, checkOptions, finiteNumber, optionalFunction } from "@seaworthy/core/options";
import type { Check } from "../check.ts";
import { Findings, ratio } from "../internal/built-in.ts";
import { withDefault } from "../internal/with-default.ts";

/** What {@link diskCheck} reads: `statfs` of `node:fs/promises` gives it. */
export interface DiskNumbers {
  bsize: number;
  blocks: number;
  bavail: number;
  files: number;
  ffree: number;
}

/** Options of {@link diskCheck}. */
export interface DiskCheckOptions {
  /** Free share, 0 to 1, of blocks or inodes below which the check is degraded. @default 0.1 */
  degradedBelow?: number;
  /** Free share, 0 to 1, of blocks or inodes below which it is unhealthy. @default 0.02 */
  unhealthyBelow?: number;
  /** Free bytes below which it is unhealthy, whatever the share. @default 0 */
  minFree?: ByteSize;
  /** @default statfs of node:fs/promises */
  statfs?: (path: string) => Promise<DiskNumbers>;
}

const OPTIONS = ["degradedBelow", "unhealthyBelow", "minFree", "statfs"];

/**
 * Looks at the file system that holds `path`: its free blocks, as far as an ordinary user gets them, and its free inodes.
 *
 * Data: `free` and `total` in bytes, `freeRatio`, and `freeInodes`, the free share of inodes where the file system
 * counts them.
 *
 * @throws TypeError when the path is empty, or an option is unknown or out of bounds
 * @example
 * ```ts
 * import { createHealth, diskCheck } from "@seaworthy/health";
 * const health = createHealth();
 * health.add("disk", diskCheck("/", { degradedBelow: 0, unhealthyBelow: 0 }), { groups: ["live"] });
 * console.log((await health.report("live")).status); // healthy
 * ```
 */
export function diskCheck(path: string, options: DiskCheckOptions = {}): Check {
  boundedString("path", path, 1, 4096);
  checkOptions("diskCheck", options, OPTIONS);
  const degradedBelow = finiteNumber("degradedBelow", withDefault(options.degradedBelow, 0.1), 0, 1);
  const unhealthyBelow = finiteNumber("unhealthyBelow", withDefault(options.unhealthyBelow, 0.02), 0, 1);
  const minFree = toBytes(withDefault(options.minFree, 0), "minFree");
  const { statfs: read = statfs } = options;
  optionalFunction("statfs", read);

  return async () => {
    const found = new Findings();
    const { bsize, blocks, bavail, files, ffree } = await read(path);
    const free = bavail * bsize;
    Object.assign(found.data, { free, total: blocks * bsize, freeRatio: ratio(bavail, blocks) });
    const shares = blocks > 0 ? [bavail / blocks] : [];
    // Some file systems make inodes as they go, and count none.
    if (files > 0) {
      found.data.freeInodes = ratio(ffree, files);
      shares.push(ffree / files);
    }
    const least = Math.min(1, ...shares);
    if (least < unhealthyBelow || free < minFree) found.add("unhealthy", "HEALTH_DISK_LOW");
    if (least < degradedBelow) found.add("degraded", "HEALTH_DISK_LOW");
    return found.outcome();
  };
}
