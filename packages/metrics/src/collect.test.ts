import { captureTelemetry, manualClock } from "@seaworthy/core/testing";
import { expect, test } from "vitest";
import { createMetrics, type Metrics } from "./index.ts";

const make = (options = {}): Metrics => createMetrics({ runtime: false, ...options });
const line = async (metrics: Metrics, name: string): Promise<string | undefined> =>
  (await metrics.render()).body.split("\n").find((text) => text.startsWith(`${name}{`) || text.startsWith(`${name} `));
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("a render waits for an asynchronous collect, which may set several metrics", async () => {
  const metrics = make();
  const early = metrics.gauge({ name: "early", help: "Set by the next one." });
  const depth = metrics.gauge({
    name: "depth",
    help: "Depth.",
    collect: async () => {
      await settle();
      depth.set(7);
      early.set(8);
    },
  });
  expect((await metrics.render()).body).toMatch(/early 8[\s\S]*depth 7/);
  expect(await metrics.registry.getSingleMetricAsString("depth")).toContain("depth 7");
});

test("a collect that comes late leaves what the last one gave, and is reported", async () => {
  using telemetry = captureTelemetry();
  const clock = manualClock();
  const metrics = make({ clock, collectTimeout: "200ms" });
  const ends: (() => void)[] = [];
  const queues = metrics.gauge({
    name: "queues",
    help: "Queues.",
    labels: ["queue"],
    collect: async () => {
      queues.reset();
      await new Promise<void>((resolve) => ends.push(resolve));
      queues.set({ queue: "mail" }, ends.length);
    },
  });
  const render = async (): Promise<string | undefined> => {
    const body = line(metrics, "queues");
    await settle();
    await clock.advance("200ms");
    return body;
  };
  const first = line(metrics, "queues");
  ends[0]?.();
  expect(await first).toBe('queues{queue="mail"} 1');

  expect(await render()).toBe('queues{queue="mail"} 1'); // the second collection has reset and hangs
  expect(await line(metrics, "queues")).toBe('queues{queue="mail"} 1'); // at once, and no third one beside it
  expect(ends).toHaveLength(2);
  expect(telemetry.of("metrics.collect").map(({ labels }) => labels)).toEqual([
    { metric: "queues", outcome: "late" },
    { metric: "queues", outcome: "late" },
  ]);
  expect(await line(metrics, "seaworthy_metrics_dropped_total")).toMatch(/metric="queues",reason="collect"\} 3/);

  ends[1]?.(); // late, but what it gives is taken
  await settle();
  expect(await render()).toBe('queues{queue="mail"} 2');
  expect(clock.pending).toBe(0);
});

test("a collect that never ends is given up after a minute, and a fresh one is started", async () => {
  const clock = manualClock();
  const metrics = make({ clock });
  let calls = 0;
  const depth = metrics.gauge({
    name: "depth",
    help: "Depth.",
    collect: () => {
      calls++;
      if (calls === 1) return new Promise(() => undefined);
      return Promise.resolve().then(() => depth.set(calls));
    },
  });
  const first = line(metrics, "depth");
  await clock.advance("1s");
  expect(await first).toBe("depth 0");
  await clock.advance("58s");
  expect(await line(metrics, "depth")).toBe("depth 0");
  await clock.advance("1s");
  expect(await line(metrics, "depth")).toBe("depth 2");
});

test("renders at the same time share one collection", async () => {
  const metrics = make();
  let calls = 0;
  const depth = metrics.gauge({
    name: "depth",
    help: "Depth.",
    collect: async () => {
      calls++;
      await settle();
      depth.set(calls);
    },
  });
  expect(await Promise.all([line(metrics, "depth"), line(metrics, "depth")])).toEqual(["depth 1", "depth 1"]);
  expect(await line(metrics, "depth")).toBe("depth 2");
});

test("a collect that fails is reported with its error, and the metric keeps its value", async () => {
  using telemetry = captureTelemetry();
  const metrics = make();
  const error = new Error("no connection");
  const depth = metrics.gauge({ name: "depth", help: "Depth.", collect: () => Promise.reject(error) });
  depth.set(4);
  expect(await line(metrics, "depth")).toBe("depth 4");
  expect(telemetry.of("metrics.collect")).toMatchObject([
    { labels: { metric: "depth", outcome: "failed" }, details: { error }, definition: { level: "warn" } },
  ]);
});
