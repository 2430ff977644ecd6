import { runWithContext } from "@seaworthy/core";
import { manualClock } from "@seaworthy/core/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createMetrics, type Metrics } from "./index.ts";

const TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const make = (options = {}): Metrics => createMetrics({ runtime: false, ...options });
const text = async (metrics: Metrics): Promise<string> => (await metrics.render()).body;
const dropped = (metric: string, reason: string): string =>
  `seaworthy_metrics_dropped_total{metric="${metric}",reason="${reason}"}`;

describe("a counter", () => {
  test("adds one, or the amount given, to the series of its labels", async () => {
    const metrics = make();
    const counter = metrics.counter({ name: "orders_total", help: "Orders.", labels: ["country"] as const });
    counter.add({ country: "NO" });
    counter.add({ country: "NO" }, 2.5);
    counter.add({ country: "SE" }, 0);
    const body = await text(metrics);
    expect(body).toContain("# HELP orders_total Orders.\n# TYPE orders_total counter\n");
    expect(body).toContain('orders_total{country="NO"} 3.5\n');
    expect(body).toContain('orders_total{country="SE"} 0\n');
  });

  test("without labels is there at zero before anything is counted, and takes the amount alone", async () => {
    const metrics = make();
    const counter = metrics.counter({ name: "jobs_total", help: "Jobs." });
    expect(await text(metrics)).toContain("\njobs_total 0\n");
    counter.add();
    counter.add(2);
    counter.add({}, 3);
    expect(await text(metrics)).toContain("\njobs_total 6\n");
  });

  test("whose label values are declared has all its series at zero, and drops any other value", async () => {
    const metrics = make();
    const counter = metrics.counter({
      name: "jobs_total",
      help: "Jobs.",
      labels: { queue: ["mail", "pay"], outcome: ["ok", "failed"] },
    });
    const body = await text(metrics);
    for (const queue of ["mail", "pay"])
      for (const outcome of ["ok", "failed"])
        expect(body).toContain(`jobs_total{queue="${queue}",outcome="${outcome}"} 0\n`);
    counter.add({ queue: "mail", outcome: "ok" });
    counter.add({ queue: "mail", outcome: "odd" as "ok" });
    expect(await text(metrics)).toContain('jobs_total{queue="mail",outcome="ok"} 1\n');
    expect(await text(metrics)).toContain(`${dropped("jobs_total", "label_value")} 1\n`);
  });

  test("bound to labels is there at zero from that moment, and counts on the same series", async () => {
    const metrics = make();
    const counter = metrics.counter({ name: "orders_total", help: "Orders.", labels: ["country"] });
    const norway = counter.bind({ country: "NO" });
    expect(await text(metrics)).toContain('orders_total{country="NO"} 0\n');
    const { add } = norway; // taken off its object, as callbacks are
    add();
    counter.add({ country: "NO" }, 4);
    expect(await text(metrics)).toContain('orders_total{country="NO"} 5\n');
  });

  test("counts a missing label as dropped at run time", async () => {
    const metrics = make();
    const counter = metrics.counter({ name: "orders_total", help: "Orders.", labels: ["country", "plan"] });
    // @ts-expect-error: a missing label is a compile error
    counter.add({ country: "NO" });
    // @ts-expect-error: labels cannot be left out
    counter.add(1);
    counter.add({ country: "NO", plan: undefined as unknown as string });
    // @ts-expect-error: nor when binding
    counter.bind({ country: "NO" }).add();
    const body = await text(metrics);
    expect(body).not.toContain("\norders_total{");
    expect(body).toContain(`${dropped("orders_total", "missing_label")} 5\n`);
  });

  test("counts unknown labels, and values that are not labels, as dropped and never throws", async () => {
    const metrics = make();
    const counter = metrics.counter({ name: "orders_total", help: "Orders.", labels: ["country"] });
    // @ts-expect-error: an unknown label is a compile error
    counter.add({ country: "NO", plan: "x" });
    for (const value of [{}, [], Symbol("x"), () => 1, 1n]) counter.add({ country: value as unknown as string });
    const trap = new Proxy({ country: "NO" }, { get: () => fault() });
    counter.add(trap);
    counter.add({
      get country(): string {
        return fault();
      },
    });
    const body = await text(metrics);
    expect(body).toContain(`${dropped("orders_total", "unknown_label")} 1\n`);
    expect(body).toContain(`${dropped("orders_total", "label_value")} 5\n`);
    expect(body).toContain(`${dropped("orders_total", "unreadable")} 2\n`);
    expect(body).not.toContain("\norders_total{");
  });

  test("counts NaN, negative, infinite and foreign amounts as dropped and keeps its value", async () => {
    const metrics = make();
    const counter = metrics.counter({ name: "jobs_total", help: "Jobs." });
    const bound = counter.bind();
    counter.add(7);
    const wrong = [Number.NaN, -1, -1e-9, Number.POSITIVE_INFINITY, "3", null, 2n, true] as unknown as number[];
    for (const amount of wrong) {
      counter.add(amount);
      bound.add(amount);
    }
    counter.add({}, Number.NaN);
    expect(await text(metrics)).toContain("\njobs_total 7\n");
    expect(await text(metrics)).toContain(`${dropped("jobs_total", "value")} 17\n`);
  });

  test("never becomes infinite by adding finite amounts", async () => {
    const metrics = make();
    const counter = metrics.counter({ name: "jobs_total", help: "Jobs." });
    counter.add(Number.MAX_VALUE);
    counter.add(Number.MAX_VALUE);
    expect(await text(metrics)).toContain(`\njobs_total ${Number.MAX_VALUE}\n`);
  });

  test("takes any value at all without throwing", () => {
    const metrics = make();
    const counter = metrics.counter({ name: "a_total", help: "A.", labels: ["x", "y"] });
    const add = counter.add as (...values: unknown[]) => void;
    const bind = counter.bind as unknown as (...values: unknown[]) => { add(value: unknown): void };
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (labels, amount) => {
        add(labels, amount);
        add({ x: labels, y: amount }, 1);
        bind(labels).add(amount);
      }),
    );
  });

  test("reads up to date from its collect function at each render, and survives one that throws or rejects", async () => {
    const metrics = make();
    let calls = 0;
    const counter = metrics.counter({ name: "a_total", help: "A.", collect: () => counter.add(++calls) });
    metrics.counter({ name: "b_total", help: "B.", collect: () => fault() });
    metrics.counter({ name: "c_total", help: "C.", collect: async () => fault() });
    await text(metrics);
    const body = await text(metrics);
    expect(body).toContain("\na_total 3\n");
    expect(body).toContain("\nb_total 0\n");
    expect(body).toContain(`${dropped("b_total", "collect")} 2\n`);
    expect(body).toContain(`${dropped("c_total", "collect")} 2\n`);
  });

  test("keeps the last recording of a sampled trace as an exemplar, in OpenMetrics only", async () => {
    const clock = manualClock();
    const metrics = make({ clock });
    const counter = metrics.counter({ name: "orders_total", help: "Orders.", labels: ["country"] });
    runWithContext({ traceparent: TRACE }, () => counter.add({ country: "NO" }, 2));
    counter.add({ country: "NO" });
    runWithContext({ traceparent: TRACE.replace(/01$/, "00") }, () => counter.add({ country: "NO" }));
    runWithContext({ traceparent: "nonsense" }, () => counter.add({ country: "NO" }));
    const { body } = await metrics.render("application/openmetrics-text; version=1.0.0");
    const ids = 'trace_id="0af7651916cd43dd8448eb211c80319c",span_id="b7ad6b7169203331"';
    expect(body).toContain(`orders_total{country="NO"} 5 # {${ids}} 2 ${clock.now() / 1000}\n`);
    expect(await text(metrics)).toContain('orders_total{country="NO"} 5\n');
  });
});

describe("the series of a metric", () => {
  test("are at most the limit; further label sets share one series, and one warning says so", async () => {
    const warnings: string[] = [];
    const listen = (warning: Error & { code?: string }): void => {
      if (warning.code === "METRICS_SERIES_LIMIT") warnings.push(warning.message);
    };
    process.on("warning", listen);
    const metrics = make({ seriesLimit: 10 });
    const counter = metrics.counter({ name: "capped_total", help: "Orders.", labels: ["user"] });
    const other = metrics.counter({ name: "other_capped_total", help: "Other.", labels: ["user"], seriesLimit: 12 });
    for (let user = 0; user < 100; user++) {
      counter.add({ user });
      other.add({ user }, 2);
    }
    counter.bind({ user: "late" }).add(5);
    const body = await text(metrics);
    await new Promise((resolve) => setImmediate(resolve));
    process.off("warning", listen);
    const lines = body.split("\n").filter((line) => line.startsWith("capped_total{"));
    expect(lines).toHaveLength(11);
    expect(lines).toContain('capped_total{user="__overflow__"} 95');
    expect(lines).toContain('capped_total{user="9"} 1');
    expect(body).toContain('other_capped_total{user="__overflow__"} 176\n');
    expect(warnings.filter((message) => /(?<!_)capped_total/.test(message))).toHaveLength(1);
    expect(warnings.filter((message) => message.includes("other_capped_total"))).toHaveLength(1);
  });

  test("number 1000 unless said otherwise", async () => {
    const metrics = make();
    const counter = metrics.counter({ name: "orders_total", help: "Orders.", labels: ["user"] });
    for (let user = 0; user < 1500; user++) counter.add({ user });
    const lines = (await text(metrics)).split("\n").filter((line) => line.startsWith("orders_total{"));
    expect(lines).toHaveLength(1001);
    expect(lines).toContain('orders_total{user="__overflow__"} 500');
  });

  test("are distinguished by text alone, so that none appears twice in the output", async () => {
    const metrics = make();
    const counter = metrics.counter({ name: "a_total", help: "A.", labels: ["x", "y"] });
    for (const x of [1, "1"]) for (const y of [true, "true"]) counter.add({ x, y });
    counter.add({ x: "1,", y: "y" });
    counter.add({ x: "1", y: ",y" });
    counter.add({ x: "\ud800", y: "" });
    counter.add({ x: "\ud801", y: "" });
    const lines = (await text(metrics)).split("\n").filter((line) => line.startsWith("a_total{"));
    expect(lines).toEqual([
      'a_total{x="1",y="true"} 4',
      'a_total{x="1,",y="y"} 1',
      'a_total{x="1",y=",y"} 1',
      'a_total{x="\ufffd",y=""} 2',
    ]);
  });

  test("hold label values of 256 units at most, whatever is given", async () => {
    const metrics = make();
    const counter = metrics.counter({ name: "a_total", help: "A.", labels: ["x"] });
    const huge = "x".repeat(1_000_000);
    for (let i = 0; i < 50; i++) counter.add({ x: `${huge}${i}` });
    const body = await text(metrics);
    expect(body.length).toBeLessThan(2000);
    expect(body).toContain(`a_total{x="${"x".repeat(255)}…"} 50\n`);
  });

  test("escape quotes, backslashes and line breaks of label values", async () => {
    const metrics = make();
    metrics.counter({ name: "a_total", help: "A.", labels: ["x"] }).add({ x: 'a"b\\c\nd' });
    expect(await text(metrics)).toContain('a_total{x="a\\"b\\\\c\\nd"} 1\n');
  });

  test("add up to all that was recorded, whatever the label sets", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.string(), fc.oneof(fc.string(), fc.integer()), fc.nat())),
        async (records) => {
          const metrics = make({ seriesLimit: 5 });
          const counter = metrics.counter({ name: "a_total", help: "A.", labels: ["x", "y"] });
          for (const [x, y, amount] of records) counter.add({ x, y }, amount);
          const [snapshot] = (await metrics.snapshots()).filter(({ name }) => name === "a_total");
          const values = snapshot?.values ?? [];
          const total = records.reduce((sum, [, , amount]) => sum + amount, 0);
          expect(values.reduce((sum, { value }) => sum + value, 0)).toBe(total);
          expect(values.length).toBeLessThanOrEqual(6);
          expect(new Set(values.map(({ labels }) => JSON.stringify(labels))).size).toBe(values.length);
        },
      ),
      { numRuns: 50 },
    );
  });
});

function fault(): never {
  throw new Error("host code");
}
