import { readFileSync } from "node:fs";
import { getHeapSpaceStatistics, getHeapStatistics } from "node:v8";
import { withoutUndefined } from "@seaworthy/core/objects";
import type { Gauge } from "../gauge.ts";
import type { Makers } from "./makers.ts";

/** Makes the metrics of memory: of the process, of the JavaScript heap, and of each of the heap's spaces. */
export function observeMemory(target: Pick<Makers, "gauge">): void {
  const gauge = (name: string, help: string, collect?: () => void): Gauge =>
    target.gauge(withoutUndefined({ name, help, collect }));
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
  observeHeapSpaces(target);
  if (process.platform === "linux") observeStatus(gauge);
}

function observeHeapSpaces(target: Pick<Makers, "gauge">): void {
  const gauge = (part: string, help: string, collect?: () => void): Gauge<{ space: string }> =>
    target.gauge({
      ...withoutUndefined({ name: `nodejs_heap_space_size_${part}_bytes`, help, collect }),
      labels: ["space"],
      seriesLimit: 100, // whatever the host's limit is: their number is Node's
    });
  const collect = (): void => {
    for (const statistics of getHeapSpaceStatistics()) {
      const space = statistics.space_name.replace(/_space$/, "");
      total.set({ space }, statistics.space_size);
      used.set({ space }, statistics.space_used_size);
      available.set({ space }, statistics.space_available_size);
    }
  };
  const total = gauge("total", "Size of a space of the JavaScript heap.", collect);
  const used = gauge("used", "Part of a space of the JavaScript heap that is in use.");
  const available = gauge("available", "Part of a space of the JavaScript heap that is free.");
}

function observeStatus(gauge: (name: string, help: string, collect?: () => void) => Gauge): void {
  const kilobytes = (status: string, member: string): number =>
    Number(new RegExp(`^${member}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? 0) * 1024;
  const collect = (): void => {
    const status = readFileSync("/proc/self/status", "utf8");
    virtual.set(kilobytes(status, "VmSize"));
    data.set(kilobytes(status, "VmData"));
  };
  const virtual = gauge("process_virtual_memory_bytes", "Address space of the process.", collect);
  const data = gauge("process_heap_bytes", "Data segment of the process, which holds every heap of it.");
}
