import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** The processes of a group, read from /proc; empty where there is no /proc. */
export function membersOf(group: number): readonly number[] {
  return entries("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => groupOf(pid) === group);
}

/** The TCP ports on which the processes of a group listen, the lowest first; empty where there is no /proc. */
export function listeningPorts(group: number): readonly number[] {
  const inodes = new Set<string>();
  for (const pid of membersOf(group)) {
    for (const fd of entries(`/proc/${pid}/fd`)) {
      const target = attempt(() => readlinkSync(`/proc/${pid}/fd/${fd}`));
      const inode = target?.match(/^socket:\[(\d+)\]$/)?.[1];
      if (inode !== undefined) inodes.add(inode);
    }
  }
  const ports = new Set<number>();
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    for (const row of (attempt(() => readFileSync(table, "utf8")) ?? "").split("\n").slice(1)) {
      const [, local = "", , state, , , , , , inode = ""] = row.trim().split(/\s+/);
      if (state === LISTEN && inodes.has(inode)) ports.add(Number.parseInt(local.split(":")[1] ?? "", 16));
    }
  }
  return [...ports].sort((a, b) => a - b);
}

/** The resident memory of a group in bytes, or `undefined` where there is no /proc. */
export function residentBytes(group: number): number | undefined {
  let sum: number | undefined;
  for (const pid of membersOf(group)) {
    const status = attempt(() => readFileSync(`/proc/${pid}/status`, "utf8"));
    const kib = status?.match(/^VmRSS:\s+(\d+) kB/m)?.[1];
    if (kib !== undefined) sum = (sum ?? 0) + Number(kib) * 1024;
  }
  return sum;
}

const LISTEN = "0A";

/** The fifth field of /proc/PID/stat. The second one is the name in parentheses, which may contain anything. */
function groupOf(pid: number): number | undefined {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, "utf8"));
  const behind = stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[2];
  return behind === undefined ? undefined : Number(behind);
}

const entries = (folder: string): readonly string[] => attempt(() => readdirSync(folder)) ?? [];

/** Processes end while they are looked at. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
