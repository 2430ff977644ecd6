import { readdirSync, readFileSync } from "node:fs";
import { constants, PerformanceObserver } from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";
import type { Clock } from "@seaworthy/core";
import type { Gauge } from "./gauge.ts";
import { observeEventLoop } from "./internal/event-loop.ts";
import type { RuntimeTarget } from "./internal/runtime-target.ts";

/**
 * Makes the metrics of the process: event loop, garbage collection, memory, CPU, file descriptors. Names are those of
 * prom-client's default metrics, so that existing dashboards work. The function returned stops the sampling.
 */
export function observeRuntime(target: RuntimeTarget, clock: Clock): () => void {
  const stops = [observeEventLoop(target, clock), observeGarbageCollection(target)];
  observeMemory(target);
  observeProcess(target);
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
      const kind = names[(entry as { detail?: { kind?: number } }).detail?.kind ?? -1];
      if (kind !== undefined) durations.observe({ kind }, entry.duration / 1000);
    }
  });
  observer.observe({ entryTypes: ["gc"] });
  return () => observer.disconnect();
}

function observeMemory(target: RuntimeTarget): void {
  const gauge = (name: string, help: string, collect?: () => void): Gauge =>
    target.gauge({ name, help, ...(collect === undefined ? undefined : { collect }) });
  const collect = (): void => {
    const usage = process.memoryUsage();
    resident.set(usage.rss);
    total.set(usage.heapTotal);
    used.set(usage.heapUsed);
    external.set(usage.external);
    buffers.set(usage.arrayBuffers);
    limit.set(getHeapStatistics().heap_size_limit);
  };
  const resident = gauge("process_resident_memory_bytes", "Memory of the process that is in RAM.", collect);
  const total = gauge("nodejs_heap_size_total_bytes", "JavaScript heap reserved.");
  const used = gauge("nodejs_heap_size_used_bytes", "JavaScript heap in use.");
  const external = gauge("nodejs_external_memory_bytes", "Memory outside the heap that JavaScript objects own.");
  const buffers = gauge("nodejs_array_buffers_bytes", "Part of the external memory that is in buffers.");
  const limit = gauge("nodejs_heap_size_limit_bytes", "Size of the heap beyond which the process ends.");
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
    target.gauge({ name: "process_max_fds", help: "Most file descriptors that may be open." }).set(limit);
}

function fileDescriptorLimit(): number | undefined {
  try {
    const line = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"));
    return line === null ? undefined : Number(line[1]);
  } catch {
    return undefined; // no procfs here
  }
}
