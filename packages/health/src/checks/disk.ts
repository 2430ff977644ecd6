import { statfs } from "node:fs/promises";
import type { ByteSize } from "@seaworthy/core";
import { boundedString, checkOptions, optionalFunction } from "@seaworthy/core/options";
import type { Check } from "../check.ts";
import { Findings, ratio } from "../internal/built-in.ts";
import { BYTES_LEFT, levelsNamed, levelsOf, SHARE } from "../internal/levels.ts";
import type { Thresholds } from "../thresholds.ts";

/** What {@link diskCheck} reads: the result of `statfs` of `node:fs/promises`. */
export interface DiskNumbers {
  bsize: number;
  blocks: number;
  bavail: number;
  files: number;
  ffree: number;
}

/** Options of {@link diskCheck}. */
export interface DiskCheckOptions extends Thresholds<number> {
  /** Share in use, 0 to 1, of blocks or inodes, whichever is higher. @default 0.9 */
  degradedAt?: number | "never";
  /** Share in use, 0 to 1, of blocks or inodes, whichever is higher. @default 0.98 */
  unhealthyAt?: number | "never";
  /** Free bytes. Fewer bytes are worse, so `degradedAt` is the higher value. @default never */
  free?: Thresholds<ByteSize>;
  /** @default statfs of node:fs/promises */
  statfs?: (path: string) => Promise<DiskNumbers>;
}

const OPTIONS = ["degradedAt", "unhealthyAt", "free", "statfs"];

/**
 * Measures the file system that holds `path`: its blocks, of which those reserved for the superuser count as in use, and
 * its inodes.
 *
 * Data: `free` and `total` in bytes, `ratio`, the share of blocks in use, and `inodeRatio`, the share of inodes in use
 * if the file system counts inodes.
 *
 * @throws TypeError if the path is empty, an option is unknown or out of bounds, or `unhealthyAt` is reached before `degradedAt`
 * @example
 * ```ts
 * import { createHealth, diskCheck } from "@seaworthy/health";
 * const health = createHealth();
 * health.add("disk", diskCheck("/", { degradedAt: "never", unhealthyAt: 1 }), { groups: ["live"] });
 * console.log((await health.report("live")).status); // healthy
 * ```
 */
export function diskCheck(path: string, options: DiskCheckOptions = {}): Check {
  boundedString("path", path, 1, 4096);
  checkOptions("diskCheck", options, OPTIONS);
  const shares = levelsOf(SHARE, options, { degradedAt: 0.9, unhealthyAt: 0.98 });
  const bytes = levelsNamed("free", BYTES_LEFT, options.free);
  const { statfs: read = statfs } = options;
  optionalFunction("statfs", read);

  return async () => {
    const found = new Findings();
    const { bsize, blocks, bavail, files, ffree } = await read(path);
    const free = bavail * bsize;
    const used = blocks > 0 ? (blocks - bavail) / blocks : 0;
    Object.assign(found.data, { free, total: blocks * bsize, ratio: ratio(used, 1) });
    found.judge(used, shares, "HEALTH_DISK_LOW");
    // Some file systems create inodes as needed, and report a total of 0.
    if (files > 0) {
      const usedInodes = (files - ffree) / files;
      found.data.inodeRatio = ratio(usedInodes, 1);
      found.judge(usedInodes, shares, "HEALTH_DISK_LOW");
    }
    found.judge(free, bytes, "HEALTH_DISK_LOW");
    return found.outcome();
  };
}
