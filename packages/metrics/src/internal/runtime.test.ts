import { PerformanceObserver } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { manualClock } from "@seaworthy/core/testing";
import { collectDefaultMetrics, Registry } from "prom-client";
import { expect, test, vi } from "vitest";
import { createMetrics } from "../index.ts";
import { observeEventLoop } from "./event-loop.ts";

function values(body: string): Map<string, number> {
  const lines = body.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ")))]),
  );
}

test("the runtime's event loop, garbage collection, heap, CPU and file descriptors are measured", async () => {
  const metrics = createMetrics();
  const shown = values((await metrics.render()).body);
  for (const name of ["mean", "p50", "p90", "p99", "max"])
    expect(shown.get(`nodejs_eventloop_lag_${name}_seconds`)).toBeGreaterThanOrEqual(0);
  expect(shown.get("nodejs_eventloop_utilization_ratio")).toBeLessThanOrEqual(1);
  for (const kind of ["major", "minor", "incremental", "weakcb"])
    expect(shown.get(`nodejs_gc_duration_seconds_count{kind="${kind}"}`)).toBeGreaterThanOrEqual(0);
  expect(shown.get("nodejs_heap_size_used_bytes")).toBeGreaterThan(1e6);
  expect(shown.get("nodejs_heap_size_limit_bytes")).toBeGreaterThan(shown.get("nodejs_heap_size_used_bytes") as number);
  expect(shown.get("nodejs_heap_size_total_bytes")).toBeGreaterThan(1e6);
  expect(shown.get("process_resident_memory_bytes")).toBeGreaterThan(1e7);
  expect(shown.get("process_cpu_seconds_total")).toBeGreaterThan(0);
  expect(shown.get("process_start_time_seconds")).toBeGreaterThan(1.6e9);
  if (process.platform === "linux") {
    expect(shown.get("process_open_fds")).toBeGreaterThan(2);
    expect(shown.get("process_max_fds")).toBeGreaterThan(2);
  }
  expect([...shown.values()].every(Number.isFinite)).toBe(true);
  await metrics.close();
});

test("the lag of the event loop is that of the render before, so that a render waits for nothing", async () => {
  const metrics = createMetrics();
  const lag = async (): Promise<number | undefined> =>
    values((await metrics.render()).body).get("nodejs_eventloop_lag_seconds");
  expect(await lag()).toBe(0);
  const end = performance.now() + 20;
  while (performance.now() < end);
  await new Promise((resolve) => setImmediate(resolve));
  expect(await lag()).toBeGreaterThanOrEqual(0.02);
  await metrics.close();
});

test("the runtime's metrics can be left out", async () => {
  const metrics = createMetrics({ runtime: false });
  expect((await metrics.render()).body).not.toMatch(/nodejs_|process_/);
});

test("the event loop's delay is what exceeds the sampling interval, the larger of two periods of 30 seconds", async () => {
  const clock = manualClock();
  const metrics = createMetrics({ runtime: false, clock });
  const samples: number[] = [];
  const monitor = {
    enable: () => true,
    disable: vi.fn(() => true),
    reset: () => void samples.splice(0),
    percentile: () => Math.max(...samples),
    get min() {
      return samples.length === 0 ? 9.2e18 : Math.min(...samples);
    },
    get stddev() {
      return samples.length === 0 ? Number.NaN : Math.max(...samples) - Math.min(...samples);
    },
    get count() {
      return samples.length;
    },
    get mean() {
      return samples.length === 0 ? Number.NaN : samples.reduce((a, b) => a + b) / samples.length;
    },
    get max() {
      return samples.length === 0 ? 9.2e18 : Math.max(...samples);
    },
  };
  const stop = observeEventLoop(metrics, clock, monitor);
  const delay = async (name: string): Promise<number | undefined> =>
    values((await metrics.render()).body).get(`nodejs_eventloop_lag_${name}_seconds`);
  expect(await delay("max")).toBe(0);
  expect(await delay("mean")).toBe(0);
  samples.push(10e6, 9e6, 310e6);
  for (let scraper = 0; scraper < 3; scraper++) expect(await delay("max")).toBeCloseTo(0.3);
  expect(await delay("mean")).toBeCloseTo(0.0997, 3);
  await clock.advance("30s");
  for (let scraper = 0; scraper < 3; scraper++) expect(await delay("max")).toBeCloseTo(0.3);
  samples.push(11e6);
  await clock.advance("30s");
  expect(await delay("max")).toBeCloseTo(0.3);
  for (let scraper = 0; scraper < 3; scraper++) expect(await delay("max")).toBeCloseTo(0.001);
  stop();
  expect(monitor.disable).toHaveBeenCalledOnce();
});

test("close() ends the observer of garbage collections", async () => {
  const disconnect = vi.spyOn(PerformanceObserver.prototype, "disconnect");
  await createMetrics().close();
  expect(disconnect).toHaveBeenCalledOnce();
  disconnect.mockRestore();
});

test("a blocked event loop is seen", async () => {
  const metrics = createMetrics();
  const seen = async (): Promise<number> =>
    values((await metrics.render()).body).get("nodejs_eventloop_lag_max_seconds") as number;
  // The monitor needs a tick before and one after the blockade, and has them on the second attempt at the latest.
  while ((await seen()) < 0.1) {
    const end = performance.now() + 150;
    while (performance.now() < end);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  await metrics.close();
});

test("garbage collections are counted by kind", async () => {
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc") as () => void;
  const metrics = createMetrics();
  const major = async (): Promise<number | undefined> =>
    values((await metrics.render()).body).get('nodejs_gc_duration_seconds_count{kind="major"}');
  while ((await major()) === 0) {
    collectGarbage();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await metrics.close();
});

test("names that the host's registry has already are left to the host", async () => {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const metrics = createMetrics({ registry });
  const { body } = await metrics.render();
  expect(body.match(/^process_cpu_seconds_total /gm)).toHaveLength(1);
  expect(body).toContain("# HELP process_cpu_seconds_total Total user and system CPU time spent in seconds.");
  expect(body).toContain("nodejs_heap_size_limit_bytes");
  await metrics.close();
  expect(await registry.metrics()).toContain("process_cpu_seconds_total");
});
