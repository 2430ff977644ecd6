import { defineGauge } from "@seaworthy/core";
import { expect, test } from "vitest";
import { createMetrics, type Metrics, type MetricsOptions } from "./index.ts";

const make = (options: MetricsOptions = {}): Metrics => createMetrics({ runtime: false, ...options });
const text = async (metrics: Metrics): Promise<string> => (await metrics.render()).body;

const depth = defineGauge("testqueue.depth", { help: "Messages that wait.", unit: "items", labels: ["queue"] });
const age = defineGauge("testqueue.age", { help: "Age of the oldest message.", unit: "seconds", merge: "max" });

test("a gauge of any package is a series that is read for each render", async () => {
  await using metrics = make({ prefix: "app_" });
  metrics.observe();
  let waiting = 3;
  const end = depth.track({ queue: "mail" }, () => waiting);
  expect(await text(metrics)).toContain(
    '# HELP app_testqueue_depth Messages that wait.\n# TYPE app_testqueue_depth gauge\napp_testqueue_depth{queue="mail"} 3\n',
  );
  waiting = 5;
  expect(await text(metrics)).toContain('app_testqueue_depth{queue="mail"} 5\n');
  end();
  expect(await text(metrics)).not.toContain('queue="mail"');
});

test("seconds are put into the name, and readers with the same labels are merged as the gauge says", async () => {
  await using metrics = make();
  metrics.observe();
  const ends = [7, 9, 8].map((seconds) => age.track({}, () => seconds));
  expect(await text(metrics)).toContain("testqueue_age_seconds 9\n");
  for (const end of ends) end();
});

test("gauges are read only while the instance observes", async () => {
  await using metrics = make();
  let reads = 0;
  const end = depth.track({ queue: "mail" }, () => ++reads);
  await text(metrics);
  expect(reads).toBe(0);
  const stop = metrics.observe();
  expect(await text(metrics)).toContain('testqueue_depth{queue="mail"} 1\n');
  stop();
  expect(await text(metrics)).not.toContain('queue="mail"');
  expect(reads).toBe(1);
  end();
});

test("a gauge whose name the host has taken is dropped and counted, and the host's metric stays", async () => {
  await using metrics = make();
  metrics.counter({ name: "other_total", help: "Another." });
  metrics.gauge({ name: "testqueue_depth", help: "The host's own." }).set(1);
  metrics.observe();
  const end = depth.track({ queue: "mail" }, () => 2);
  const body = await text(metrics);
  expect(body).toContain("testqueue_depth 1\n");
  expect(body).toContain('seaworthy_metrics_dropped_total{metric="testqueue_depth",reason="conflict"} 1');
  end();
});

test("more label sets than the series limit are dropped, not folded into one meaningless number", async () => {
  await using metrics = make({ seriesLimit: 2 });
  metrics.observe();
  const ends = ["a", "b", "c"].map((queue) => depth.track({ queue }, () => 1));
  const body = await text(metrics);
  expect(body.match(/^testqueue_depth\{/gm)).toHaveLength(2);
  expect(body).not.toContain("__overflow__");
  for (const end of ends) end();
});
