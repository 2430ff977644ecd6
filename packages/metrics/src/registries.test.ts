import { Registry as NextRegistry } from "@prometheus-io/client";
import bundle from "express-prom-bundle";
import { collectDefaultMetrics, Registry } from "prom-client";
import { expect, expectTypeOf, test } from "vitest";
import { createMetrics } from "./index.ts";

test("the registry of @prometheus-io/client can be shared, and is what the metrics give back", async () => {
  const registry = new NextRegistry();
  await using metrics = createMetrics({ registry, runtime: false });
  expectTypeOf(metrics.registry).toEqualTypeOf<NextRegistry>();
  metrics.counter({ name: "a_total", help: "A." }).add(2);
  expect((await metrics.render()).body).toContain("\na_total 2\n");
  expect(await registry.metrics()).toContain("a_total 2\n");
});

test("express-prom-bundle takes the registry of the metrics", async () => {
  await using metrics = createMetrics();
  const middleware = bundle({ promRegistry: metrics.registry, autoregister: false, includeMethod: true });
  expect(typeof middleware).toBe("function");
  expect((await metrics.render()).body).toContain("# TYPE http_request_duration_seconds histogram");
});

test("an OpenMetrics registry of prom-client is taken by its type", async () => {
  const registry = new Registry<typeof Registry.OPENMETRICS_CONTENT_TYPE>();
  await using metrics = createMetrics({ registry, runtime: false });
  expectTypeOf(metrics.registry).toEqualTypeOf<Registry<typeof Registry.OPENMETRICS_CONTENT_TYPE>>();
  expect(metrics.registry).toBe(registry);
});

test("every default metric of prom-client is there, with its type and its labels", async () => {
  const theirs = new Registry();
  collectDefaultMetrics({ register: theirs });
  await theirs.getMetricsAsJSON();
  await new Promise((resolve) => setImmediate(resolve));
  await using metrics = createMetrics();
  const ours = new Map((await metrics.snapshots()).map((metric) => [metric.name, metric]));
  const shape = ({ type, values }: { type: unknown; values: readonly { labels: object }[] }): unknown[] => [
    `${type}`,
    Object.keys(values[0]?.labels ?? {}).filter((label) => label !== "le"),
  ];
  const expected = (await theirs.getMetricsAsJSON()) as never as (Parameters<typeof shape>[0] & { name: string })[];
  expect(expected).toHaveLength(31);
  for (const metric of expected) {
    const own = ours.get(metric.name);
    expect(own, metric.name).toBeDefined();
    if (metric.values.length > 0 && own !== undefined && own.values.length > 0)
      expect([metric.name, ...shape(own)]).toEqual([metric.name, ...shape(metric)]);
  }
});
