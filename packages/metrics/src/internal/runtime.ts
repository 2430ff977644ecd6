import { readdirSync, readFileSync } from "node:fs";
import { constants, PerformanceObserver } from "node:perf_hooks";
import type { Clock } from "@seaworthy/core";
import { readMember } from "@seaworthy/core/objects";
import { observeActive } from "./active.ts";
import { observeEventLoop } from "./event-loop.ts";
import type { Makers } from "./makers.ts";
import { observeMemory } from "./memory.ts";

/** What makes the metrics of the runtime. One whose name the registry has already is made but not shown. */
type RuntimeTarget = Pick<Makers, "counter" | "gauge" | "histogram">;

/**
 * Makes the metrics of the process: event loop, garbage collection, memory, CPU, file descriptors, active resources.
 * All of prom-client's default metrics are among them, under their names, so that existing dashboards work. Returns a
 * function that stops the sampling.
 */
export function observeRuntime(target: RuntimeTarget, clock: Clock): () => void {
  const stops = [observeEventLoop(target, clock), observeGarbageCollection(target)];
  observeMemory(target);
  observeProcess(target);
  observeActive(target);
  return () => {
    for (const stop of stops) stop();
  };
}

function observeGarbageCollection(target: RuntimeTarget): () => void {
  const names: Readonly<Record<number, "major" | "minor" | "incremental" | "weakcb">> = {
    [constants.NODE_PERFORMANCE_GC_MAJOR]: "major",
    [constants.NODE_PERFORMANCE_GC_MINOR]: "minor",
    [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: "incremental",
    [constants.NODE_PERFORMANCE_GC_WEAKCB]: "weakcb",
  };
  const durations = target.histogram({
    name: "nodejs_gc_duration_seconds",
    help: "Garbage collection pauses by kind.",
    labels: { kind: ["major", "minor", "incremental", "weakcb"] },
    buckets: [0.001, 0.01, 0.1, 1, 2, 5],
  });
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const kind = names[Number(readMember(readMember(entry, "detail"), "kind"))];
      if (kind !== undefined) durations.observe({ kind }, entry.duration / 1000);
    }
  });
  observer.observe({ entryTypes: ["gc"] });
  return () => observer.disconnect();
}

function observeProcess(target: RuntimeTarget): void {
  observeCpu(target);
  observeFileDescriptors(target);
  const start = Math.round(Date.now() / 1000 - process.uptime());
  target
    .gauge({ name: "process_start_time_seconds", help: "When the process started, as a Unix time.", aggregate: "min" })
    .set(start);
  const [major = "", minor = "", patch = ""] = process.versions.node.split(".");
  target
    .gauge({
      name: "nodejs_version_info",
      help: "Version of Node.js, as labels.",
      labels: ["version", "major", "minor", "patch"],
      aggregate: "first",
    })
    .set({ version: process.version, major, minor, patch }, 1);
}

function observeCpu(target: RuntimeTarget): void {
  let last = { user: 0, system: 0 };
  const collect = (): void => {
    const usage = process.cpuUsage();
    user.add((usage.user - last.user) / 1e6);
    system.add((usage.system - last.system) / 1e6);
    total.add((usage.user - last.user + usage.system - last.system) / 1e6);
    last = usage;
  };
  const user = target.counter({ name: "process_cpu_user_seconds_total", help: "CPU time in user code.", collect });
  const system = target.counter({ name: "process_cpu_system_seconds_total", help: "CPU time in the kernel." });
  const total = target.counter({ name: "process_cpu_seconds_total", help: "CPU time." });
}

function observeFileDescriptors(target: RuntimeTarget): void {
  if (process.platform !== "linux") return;
  const open = target.gauge({
    name: "process_open_fds",
    help: "Open file descriptors.",
    // One of them is the directory being read.
    collect: () => open.set(readdirSync("/proc/self/fd").length - 1),
  });
  const limit = fileDescriptorLimit();
  if (limit !== undefined)
    target.gauge({ name: "process_max_fds", help: "Largest number of file descriptors that may be open." }).set(limit);
}

function fileDescriptorLimit(): number | undefined {
  try {
    const line = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"));
    return line === null ? undefined : Number(line[1]);
  } catch {
    return undefined; // no procfs here
  }
}
