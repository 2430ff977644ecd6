import { captureTelemetry, manualClock } from "@seaworthy/core/testing";
import { Counter as PromCounter, Gauge as PromGauge, Registry } from "prom-client";
import { describe, expect, expectTypeOf, test } from "vitest";
import { type Counter, createMetrics, type LabelsOf, type Metrics, type MetricsOptions } from "./index.ts";

const make = (options: MetricsOptions = {}): Metrics => createMetrics({ runtime: false, ...options });
const text = async (metrics: Pick<Metrics, "render">): Promise<string> => (await metrics.render()).body;
const OPENMETRICS = "application/openmetrics-text; version=1.0.0";

describe("createMetrics", () => {
  test.each([
    [{ prefix: "9" }, /prefix .* got "9"/],
    [{ prefix: 7 }, /prefix .* got 7/],
    [{ prefix: "x".repeat(65) }, /prefix .* 64 at most/],
    [{ runtime: "yes" }, /runtime .* got "yes"/],
    [{ seriesLimit: 0 }, /seriesLimit .* got 0/],
    [{ seriesLimit: Number.NaN }, /seriesLimit .* got NaN/],
    [{ seriesLimit: Number.POSITIVE_INFINITY }, /seriesLimit .* got Infinity/],
    [{ seriesLimit: -5 }, /seriesLimit .* got -5/],
    [{ seriesLimit: 1.5 }, /seriesLimit .* got 1.5/],
    [{ seriesLimit: "1000" }, /seriesLimit .* got "1000"/],
    [{ labels: [] }, /labels .* got an array/],
    [{ labels: { "a-b": "x" } }, /label name .* got "a-b"/],
    [{ labels: { le: "x" } }, /"le"/],
    [{ labels: { a: {} } }, /labels: a .* got an object/],
    [{ registry: {} }, /registry .* got an object/],
    [{ clock: {} }, /clock .* got an object/],
    [{ events: [] }, /events .* got an array/],
    [{ events: { "a.b": { buckets: [2, 1] } } }, /events: a\.b: buckets .* got \[2, 1\]/],
    [{ events: { "a.b": { name: "a b" } } }, /events: a\.b: name .* got "a b"/],
    [{ events: { "a.b": { labels: { x: "le" } } } }, /events: a\.b: labels: .* got "le"/],
    [{ events: { "a.b": { labels: ["x"] } } }, /events: a\.b: labels .* got an array/],
    [{ events: { "a.b": { bucket: [1] } } }, /events: a\.b has no option "bucket"/],
    [{ events: { "metrics.overflow": { name: "overflows" } } }, /must end in "_total"; got "overflows"/],
    [{ events: { "metrics.overflow": { labels: { user: "u" } } } }, /the event has no label "user"; it has metric/],
    [{ events: { "metrics.overflow": { buckets: [1] } } }, /the event has no unit/],
    [{ events: { "metrics.collect": { labels: { metric: "outcome" } } } }, /labels must not repeat a name/],
    [{ collectTimeout: 0 }, /collectTimeout must be from 1 ms to 1 minute; got 0/],
    [{ collectTimeout: "2m" }, /collectTimeout .* got "2m"/],
    [{ serieslimit: 5 }, /createMetrics has no option "serieslimit"; it has/],
    [null, /options must be an object; got null/],
  ])("refuses %j, naming the option and the value", (options, message) => {
    expect(() => createMetrics(options as unknown as MetricsOptions)).toThrow(message as RegExp);
  });

  test.each([
    ["counter", { name: "a b", help: "x" }, /name .* got "a b"/],
    ["counter", { name: "x".repeat(201), help: "x" }, /200 at most/],
    ["counter", { name: "a_total" }, /a_total: help .* got undefined/],
    ["counter", { name: "a_total", help: " " }, /a_total: help/],
    ["counter", { name: "a_total", help: "x", labels: "route" }, /a_total: labels .* got "route"/],
    ["counter", { name: "a_total", help: "x", labels: ["a", "a"] }, /repeat/],
    ["counter", { name: "a_total", help: "x", labels: ["__a"] }, /got "__a"/],
    ["counter", { name: "a_total", help: "x", labels: [7] }, /got 7/],
    ["counter", { name: "a_total", help: "x", labels: ["env"] }, /env is a constant label/],
    ["counter", { name: "a_total", help: "x", labels: { a: [] } }, /values of label a/],
    ["counter", { name: "a_total", help: "x", labels: { a: [{}] } }, /values of label a/],
    ["counter", { name: "a_total", help: "x", labels: { a: range(101), b: range(100) } }, /more than 10000 series/],
    ["counter", { name: "a_total", help: "x", seriesLimit: Number.NaN }, /a_total: seriesLimit .* got NaN/],
    ["counter", { name: "a_total", help: "x", collect: 5 }, /collect must be a function; got 5/],
    ["counter", { name: "a_total", help: "x", buckets: [1] }, /has no option "buckets"/],
    ["gauge", { name: "a", help: "x", aggregate: "mean" }, /aggregate .* got "mean"/],
    ["histogram", { name: "a", help: "x", buckets: [] }, /buckets .* got \[\]/],
    ["histogram", { name: "a", help: "x", buckets: [1, 1] }, /got \[1, 1\]/],
    ["histogram", { name: "a", help: "x", buckets: [1, Number.POSITIVE_INFINITY] }, /got \[1, Infinity\]/],
    ["histogram", { name: "a", help: "x", buckets: [Number.NaN] }, /got \[NaN\]/],
    ["histogram", { name: "a", help: "x", buckets: 5 }, /got 5/],
    ["percentiles", { name: "a", window: 0 }, /window must be from 1 ms to 31 days; got 0/],
    ["percentiles", { name: "a", window: Number.NaN }, /window .* got NaN/],
    ["percentiles", { name: "a", window: "-1s" }, /window .* got "-1s"/],
    ["percentiles", { name: "a", window: "32d" }, /got "32d"/],
    ["percentiles", { name: "a", slices: 3 }, /has no option "slices"/],
    ["percentiles", { name: "a", labels: ["percentile"] }, /label percentile is one that percentiles make/],
    ["percentiles", { name: "a", labels: { percentile: [1] } }, /label percentile is one that percentiles make/],
    ["counter", { name: "jobs", help: "x" }, /name of a counter must end in "_total"; got "jobs"/],
    ["counter", { name: "_total", help: "x" }, /must say what it counts before "_total"; got "_total"/],
  ] as const)("%s() refuses %j, naming the option and the value", (kind, options, message) => {
    const metrics = make({ labels: { env: "test" } });
    expect(() => (metrics[kind] as (options: unknown) => unknown)(options)).toThrow(message);
    expect(() => (metrics[kind] as (options: unknown) => unknown)(options)).toThrow(TypeError);
  });

  test("puts the prefix before every name and the constant labels on every series", async () => {
    const metrics = createMetrics({ prefix: "harbor_", labels: { service: "harbor", shard: 3 } });
    metrics.counter({ name: "orders_total", help: "Orders.", labels: ["country"] }).add({ country: "NO" });
    metrics.histogram({ name: "spent_seconds", help: "Spent." });
    metrics.percentiles({ name: "recent_seconds" }).record(1);
    const lines = (await text(metrics)).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    expect(lines).toContain('harbor_orders_total{country="NO",service="harbor",shard="3"} 1');
    for (const line of lines) expect(line).toMatch(/^harbor_\w+\{.*service="harbor",shard="3".*\}/);
    await metrics.close();
  });

  test("gives the same metric for the same description, and refuses another one under its name", () => {
    const metrics = make();
    const options = { name: "orders_total", help: "Orders.", labels: ["country"] } as const;
    const first = metrics.counter(options);
    expect(metrics.counter({ ...options, labels: ["country"] })).toBe(first);
    expect(() => metrics.counter({ ...options, labels: ["plan"] })).toThrow(
      /orders_total is already defined otherwise/,
    );
    expect(() => metrics.gauge(options)).toThrow(/already defined otherwise/);
    const window = metrics.percentiles({ name: "p", window: "60s" });
    expect(metrics.percentiles({ name: "p", window: 60_000 })).toBe(window);
    expect(() => metrics.percentiles({ name: "p", window: "30s" })).toThrow(/already defined otherwise/);
  });

  test("works without options, on a registry of its own", async () => {
    const metrics = createMetrics();
    const other = createMetrics();
    metrics.counter({ name: "a_total", help: "A." }).add();
    expect(await text(metrics)).toContain("\na_total 1\n");
    expect(await text(other)).not.toContain("a_total");
    await metrics.close();
    await other.close();
  });
});

describe("types", () => {
  test("a recording call asks for exactly the labels that were declared", () => {
    const metrics = make();
    const counter = metrics.counter({ name: "a_total", help: "A.", labels: ["route", "status"] as const });
    expectTypeOf(counter).toEqualTypeOf<Counter<LabelsOf<readonly ["route", "status"]>>>();
    expectTypeOf<{ route: string; status: number }>().toExtend<Parameters<typeof counter.add>[0]>();
    expectTypeOf<{ route: string }>().not.toExtend<Parameters<typeof counter.add>[0]>();
    expectTypeOf(metrics.counter({ name: "b_total", help: "B." }).add).toBeCallableWith();
    expectTypeOf(metrics.counter({ name: "b_total", help: "B." }).add).toBeCallableWith(1);
    const closed = metrics.counter({ name: "c_total", help: "C.", labels: { outcome: ["ok", "failed"] } });
    expectTypeOf<{ outcome: "ok" }>().toExtend<Parameters<typeof closed.add>[0]>();
    expectTypeOf<{ outcome: "other" }>().not.toExtend<Parameters<typeof closed.add>[0]>();
    const names: string[] = ["a"];
    const dynamic = metrics.gauge({ name: "d", help: "D.", labels: names });
    expectTypeOf<{ a: string }>().toExtend<Parameters<typeof dynamic.set>[0]>();
  });
});

describe("render", () => {
  test("answers Prometheus text by default and OpenMetrics on request, alternating without harm", async () => {
    const metrics = make();
    metrics.counter({ name: "orders_total", help: "Orders." }).add();
    for (let round = 0; round < 2; round++) {
      const plain = await metrics.render();
      expect(plain.contentType).toBe("text/plain; version=0.0.4; charset=utf-8");
      expect(plain.body).toContain("# TYPE orders_total counter\norders_total 1\n");
      expect(plain.body).not.toContain("# EOF");
      const open = await metrics.render(OPENMETRICS);
      expect(open.contentType).toBe("application/openmetrics-text; version=1.0.0; charset=utf-8");
      expect(open.body).toContain("# TYPE orders counter\norders_total 1\n");
      expect(open.body.endsWith("\n# EOF\n")).toBe(true);
    }
  });

  test("shows metrics that the host registered itself, with the registry's default labels", async () => {
    const registry = new Registry();
    registry.setDefaultLabels({ region: "north" });
    new PromCounter({ name: "theirs_total", help: "Theirs.", registers: [registry], labelNames: ["x"] }).inc({
      x: "1",
    });
    const metrics = make({ registry });
    metrics.counter({ name: "ours_total", help: "Ours.", labels: ["x"] }).add({ x: "1" });
    expect(metrics.registry).toBe(registry);
    for (const body of [await text(metrics), (await metrics.render(OPENMETRICS)).body, await registry.metrics()]) {
      expect(body).toContain('theirs_total{x="1",region="north"} 1\n');
      expect(body).toContain('ours_total{x="1",region="north"} 1\n');
    }
    expect(await text(metrics)).toContain("# TYPE theirs_total counter\n");
  });

  test("keeps the names of its counters when the host renders the registry as OpenMetrics itself", async () => {
    const registry = new Registry<typeof Registry.OPENMETRICS_CONTENT_TYPE>();
    registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    const metrics = createMetrics({ runtime: false, registry });
    metrics.counter({ name: "a_total", help: "A." }).add();
    expect(await registry.metrics()).toContain("# TYPE a counter\na_total 1\n");
    expect(await text(metrics)).toContain("# TYPE a_total counter\na_total 1\n");
    expect((await metrics.render(OPENMETRICS)).body).toContain("# TYPE a counter\na_total 1\n");
  });

  test("leaves out a metric of the host that throws, rejects or hangs, and counts it", async () => {
    const registry = new Registry();
    const clock = manualClock();
    const metrics = make({ registry, clock });
    const fail = (name: string, collect: () => void | Promise<void>): unknown =>
      new PromGauge({ name, help: "x", registers: [registry], collect });
    fail("throws", () => {
      throw new Error("no");
    });
    fail("rejects", () => Promise.reject(new Error("no")));
    fail("hangs", () => new Promise(() => undefined));
    fail("works", () => undefined);
    const first = metrics.render();
    await clock.advance("2s");
    await first;
    const second = metrics.render();
    await clock.advance("2s");
    const { body } = await second;
    for (const metric of ["throws", "rejects", "hangs"])
      expect(body).toContain(`seaworthy_metrics_dropped_total{metric="${metric}",reason="collect"} 2\n`);
    expect(body).toContain("\nworks 0\n");
    expect(body).not.toContain("\nhangs ");
    expect(clock.pending).toBe(0);
  });

  test("resets its metrics when the registry is reset, and bound children go on counting", async () => {
    const metrics = make();
    const counter = metrics.counter({ name: "a_total", help: "A.", labels: ["x"] }).bind({ x: 1 });
    const histogram = metrics.histogram({ name: "b", help: "B.", buckets: [1] });
    const gauge = metrics.gauge({ name: "c", help: "C." });
    counter.add(5);
    histogram.observe(0.5);
    gauge.set(3);
    metrics.registry.resetMetrics();
    expect(await text(metrics)).not.toContain("a_total{");
    counter.add();
    const body = await text(metrics);
    expect(body).toContain('a_total{x="1"} 1\n');
    expect(body).toContain("\nb_sum 0\nb_count 0\n");
    expect(body).toContain("\nc 0\n");
  });

  test("takes its name from the registry that the host shares, and refuses a name that is taken there", () => {
    const registry = new Registry();
    new PromGauge({ name: "depth", help: "x", registers: [registry] });
    const metrics = make({ registry });
    expect(() => metrics.gauge({ name: "depth", help: "x" })).toThrow(/the registry has a metric depth already/);
    expect(() => make({ registry })).toThrow(/metrics of another instance/);
    expect(() => make({ registry, prefix: "b_" })).not.toThrow();
  });
});

describe("close", () => {
  test("takes its metrics out of the registry, ends observing, and leaves recording harmless", async () => {
    const registry = new Registry();
    new PromGauge({ name: "depth", help: "x", registers: [registry] });
    const metrics = createMetrics({ registry });
    metrics.observe();
    const counter = metrics.counter({ name: "a_total", help: "A.", labels: ["x"] });
    const bound = counter.bind({ x: 1 });
    await metrics.close();
    await metrics.close();
    expect(await registry.metrics()).toBe("# HELP depth x\n# TYPE depth gauge\ndepth 0\n");
    bound.add();
    counter.add({ x: 2 });
    metrics.counter({ name: "late_total", help: "Late." }).add();
    expect(await text(metrics)).not.toContain("_total");
    await createMetrics({ registry }).close();
  });

  test("happens at the end of an `await using` block", async () => {
    const registry = new Registry();
    {
      await using metrics = make({ registry });
      metrics.counter({ name: "a_total", help: "A." });
      expect(registry.getSingleMetric("a_total")).toBeDefined();
    }
    expect(registry.getMetricsAsArray()).toEqual([]);
  });
});

test("the telemetry event metrics.overflow tells once which metric reached its limit", async () => {
  using telemetry = captureTelemetry();
  const metrics = make({ seriesLimit: 1 });
  const counter = metrics.counter({ name: "a_total", help: "A.", labels: ["x"] });
  for (let x = 0; x < 5; x++) counter.add({ x });
  await new Promise((resolve) => setImmediate(resolve));
  expect(telemetry.of("metrics.overflow")).toMatchObject([
    { labels: { metric: "a_total" }, details: { seriesLimit: 1 }, definition: { level: "warn" } },
  ]);
});

test("the first drop of a metric is said once as a process warning", async () => {
  const warnings: string[] = [];
  const listen = (warning: Error & { code?: string }): void => {
    if (warning.code === "METRICS_DROPPED") warnings.push(warning.message);
  };
  process.on("warning", listen);
  const counter = make().counter({ name: "warned_total", help: "A." });
  counter.add(-1);
  counter.add(Number.NaN);
  await new Promise((resolve) => setImmediate(resolve));
  process.off("warning", listen);
  // A test before this one may have left warnings that come only now.
  const own = warnings.filter((message) => message.includes("warned_total"));
  expect(own).toEqual([expect.stringContaining("warned_total could not make a recording (value)")]);
});

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

test("a constant label that the package's own series have too does not stop them or make two of them alike", async () => {
  const clash = { version: "1.2.3", kind: "api", metric: "m", reason: "r", percentile: "p" };
  await using metrics = createMetrics({ labels: clash });
  metrics.percentiles({ name: "recent_seconds" }).record(1);
  for (const name of ["a_total", "b_total"]) metrics.counter({ name, help: "Counted." }).add(-1);
  const { body } = await metrics.render();
  expect(body).toContain(`nodejs_version_info{version="${process.version}",`);
  expect(body).toMatch(/nodejs_gc_duration_seconds_count\{kind="major",version="1\.2\.3"/);
  expect(body).toMatch(/recent_seconds\{percentile="99",version="1\.2\.3"/);
  for (const name of ["a_total", "b_total"])
    expect(body).toContain(`seaworthy_metrics_dropped_total{metric="${name}",reason="value",version="1.2.3"`);
  const series = body.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const names = series.map((line) => line.slice(0, line.lastIndexOf(" ")));
  expect(new Set(names).size).toBe(names.length);
});

test.each(["_sum", "_count", "_bucket"])("a series of a histogram's own, its %s, cannot be another metric", (part) => {
  const metrics = createMetrics({ runtime: false });
  metrics.histogram({ name: "spent", help: "Spent." });
  expect(() => metrics.gauge({ name: `spent${part}`, help: "x" })).toThrow("the registry has a metric spent already");
  metrics.gauge({ name: `held${part}`, help: "Held." });
  expect(() => metrics.histogram({ name: "held", help: "x" })).toThrow(`the registry has a metric held${part} already`);
  metrics.gauge({ name: `other${part}`, help: "A gauge is not in the way of a gauge." });
  expect(() => metrics.gauge({ name: "other", help: "x" })).not.toThrow();
});
