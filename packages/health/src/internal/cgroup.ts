import { readFile } from "node:fs/promises";
import { freemem, totalmem } from "node:os";
import { dirname, join } from "node:path/posix";

/** Memory in use against the limit that would kill the process, both in bytes. */
export interface MemoryUse {
  readonly used: number;
  readonly limit: number;
  readonly source: "cgroup2" | "cgroup1" | "system";
}

interface Layout {
  readonly source: "cgroup2" | "cgroup1";
  readonly mount: string;
  readonly path: string;
  readonly limit: string;
  readonly used: string;
  readonly reclaimable: string;
}

// Version 1 writes "no limit" as the largest multiple of a page, version 2 as the word max.
const UNLIMITED = 2 ** 60;

/** Reads the tightest limit of the control groups of the process. Without one, the limit is the machine's memory. */
export async function memoryUse(root: string, self: string): Promise<MemoryUse> {
  const groups = await textOf(self);
  for (const layout of layoutsOf(groups ?? "", root)) {
    const tightest = await tightestOf(layout);
    if (tightest !== undefined) return tightest;
  }
  const limit = totalmem();
  return { used: limit - freemem(), limit, source: "system" };
}

/** Where the files may be. A hybrid system has both versions, with memory in the older one. */
function layoutsOf(groups: string, root: string): Layout[] {
  const older = /^\d+:(?:[\w,=]*,)?memory(?:,[\w,=]*)?:(.*)$/m.exec(groups)?.[1];
  const newer = /^0::(.*)$/m.exec(groups)?.[1];
  const version1: Layout = {
    source: "cgroup1",
    mount: join(root, "memory"),
    path: older ?? "/",
    limit: "memory.limit_in_bytes",
    used: "memory.usage_in_bytes",
    reclaimable: "total_inactive_file",
  };
  const version2: Layout = {
    source: "cgroup2",
    mount: root,
    path: newer ?? "/",
    limit: "memory.max",
    used: "memory.current",
    reclaimable: "inactive_file",
  };
  return older === undefined ? [version2] : [version1, version2];
}

/** Walks from the group of the process up to the mount, because the limits of the groups above apply as well. */
async function tightestOf(layout: Layout): Promise<MemoryUse | undefined> {
  let tightest: MemoryUse | undefined;
  for (let path = join("/", layout.path); ; path = dirname(path)) {
    const folder = join(layout.mount, path);
    const limit = Number((await textOf(join(folder, layout.limit)))?.trim());
    if (limit > 0 && limit < UNLIMITED) {
      const used = await usedIn(folder, layout);
      if (used !== undefined && (tightest === undefined || used / limit > tightest.used / tightest.limit))
        tightest = { used, limit, source: layout.source };
    }
    if (path === "/") return tightest;
  }
}

async function usedIn(folder: string, layout: Layout): Promise<number | undefined> {
  const used = Number((await textOf(join(folder, layout.used)))?.trim());
  if (!Number.isFinite(used)) return undefined;
  const stat = (await textOf(join(folder, "memory.stat"))) ?? "";
  const reclaimable = Number(new RegExp(`^${layout.reclaimable} (\\d+)$`, "m").exec(stat)?.[1] ?? 0);
  return Math.max(0, used - reclaimable);
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch {
    return undefined; // the file does not exist, as in a container for the groups outside it
  }
}
