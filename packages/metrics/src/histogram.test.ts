import { runWithContext } from "@seaworthy/core";
import { manualClock } from "@seaworthy/core/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createMetrics, type Metrics, type MetricsOptions } from "./index.ts";

const TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const make = (options: MetricsOptions = {}): Metrics => createMetrics({ runtime: false, ...options });
const text = async (metrics: Metrics): Promise<string> => (await metrics.render()).body;

test("a histogram counts each value in every bucket that it fits, bounds included", async () => {
  const metrics = make();
  const sizes = metrics.histogram({ name: "sizes", help: "Sizes.", labels: ["kind"], buckets: [1, 2, 5] });
  for (const size of [0, 1, 1.5, 2, 5, 6]) sizes.observe({ kind: "a" }, size);
  sizes.bind({ kind: "b" });
  const body = await text(metrics);
  expect(body).toContain(
    [
      "# TYPE sizes histogram",
      'sizes_bucket{le="1",kind="a"} 2',
      'sizes_bucket{le="2",kind="a"} 4',
      'sizes_bucket{le="5",kind="a"} 5',
      'sizes_bucket{le="+Inf",kind="a"} 6',
      'sizes_sum{kind="a"} 15.5',
      'sizes_count{kind="a"} 6',
      'sizes_bucket{le="1",kind="b"} 0',
    ].join("\n"),
  );
});

test("a histogram without labels is there at zero, with bounds that suit seconds", async () => {
  const metrics = make();
  const spent = metrics.histogram({ name: "spent_seconds", help: "Spent." });
  expect(await text(metrics)).toContain('spent_seconds_bucket{le="30"} 0\n');
  spent.observe(0.3);
  const body = await text(metrics);
  expect(body).toContain('spent_seconds_bucket{le="0.25"} 0\n');
  expect(body).toContain('spent_seconds_bucket{le="0.5"} 1\n');
  expect(body).toContain("\nspent_seconds_count 1\n");
});

test("a histogram agrees with counting by hand, for any values and bounds", async () => {
  const number = fc.double({ noNaN: true, min: -1e6, max: 1e6 });
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(number, { minLength: 1, maxLength: 20 }), fc.array(number), async (raw, values) => {
      const buckets = [...new Set(raw.map((bound) => bound + 0))].sort((a, b) => a - b);
      const metrics = make();
      const histogram = metrics.histogram({ name: "h", help: "H.", buckets: [-1e7, ...buckets] });
      for (const value of values) histogram.observe(value);
      const [snapshot] = (await metrics.snapshots()).filter(({ name }) => name === "h");
      for (const { labels, value } of snapshot?.values.filter(({ labels }) => "le" in labels) ?? []) {
        const bound = labels.le === "+Inf" ? Number.POSITIVE_INFINITY : Number(labels.le);
        expect(value).toBe(values.filter((each) => each <= bound).length);
      }
    }),
    { numRuns: 50 },
  );
});

test("a histogram counts NaN, infinite, foreign and negative values as dropped; negative ones fit where bounds are negative", async () => {
  const metrics = make();
  const spent = metrics.histogram({ name: "spent_seconds", help: "Spent." });
  const bound = spent.bind();
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, -0.001, "1", null, undefined] as number[]) {
    spent.observe(value);
    bound.observe(value);
  }
  spent.observe(Number.MAX_VALUE);
  spent.observe(Number.MAX_VALUE);
  const drift = metrics.histogram({ name: "drift_seconds", help: "Drift.", buckets: [-1, 0, 1] });
  drift.observe(-0.5);
  const body = await text(metrics);
  expect(body).toContain('dropped_total{metric="spent_seconds",reason="value"} 13\n');
  expect(body).toContain("\nspent_seconds_count 1\n");
  expect(body).toContain('drift_seconds_bucket{le="0"} 1\n');
});

test("a histogram keeps an exemplar of the active trace in each bucket, in OpenMetrics only", async () => {
  const clock = manualClock();
  const metrics = make({ clock });
  const spent = metrics.histogram({ name: "spent_seconds", help: "Spent.", labels: ["route"], buckets: [0.1, 1] });
  runWithContext({ traceparent: TRACE }, () => {
    spent.observe({ route: "/a" }, 0.05);
    spent.bind({ route: "/a" }).observe(3);
  });
  spent.observe({ route: "/a" }, 0.5);
  const { body } = await metrics.render("application/openmetrics-text");
  const ids = 'trace_id="0af7651916cd43dd8448eb211c80319c",span_id="b7ad6b7169203331"';
  const at = clock.now() / 1000;
  expect(body).toContain(`spent_seconds_bucket{le="0.1",route="/a"} 1 # {${ids}} 0.05 ${at}\n`);
  expect(body).toContain('spent_seconds_bucket{le="1",route="/a"} 2\n');
  expect(body).toContain(`spent_seconds_bucket{le="+Inf",route="/a"} 3 # {${ids}} 3 ${at}\n`);
  expect(await text(metrics)).not.toContain("trace_id");
});

test("time() observes seconds to the return or to the end of a promise, and passes failures on", async () => {
  const clock = manualClock();
  const metrics = make({ clock });
  const spent = metrics.histogram({ name: "spent_seconds", help: "Spent.", labels: ["job"] });
  const sleep = (): Promise<string> => new Promise((resolve) => clock.schedule(() => resolve("done"), 250));
  const promise = spent.time({ job: "a" }, sleep);
  await clock.advance("250ms");
  expect(await promise).toBe("done");
  expect(spent.time({ job: "a" }, () => 7)).toBe(7);
  const failure = new Error("no");
  expect(() =>
    spent.time({ job: "b" }, () => {
      throw failure;
    }),
  ).toThrow(failure);
  await expect(spent.bind({ job: "b" }).time(() => Promise.reject(failure))).rejects.toBe(failure);
  const body = await text(metrics);
  expect(body).toContain('spent_seconds_sum{job="a"} 0.25\n');
  expect(body).toContain('spent_seconds_count{job="a"} 2\n');
  expect(body).toContain('spent_seconds_count{job="b"} 2\n');
});

test("time() starts a lazy thenable once, and takes the function alone where there are no labels", async () => {
  const metrics = make();
  const spent = metrics.histogram({ name: "spent_seconds", help: "Spent." });
  let started = 0;
  // biome-ignore lint/suspicious/noThenProperty: a query builder is just such an object
  const query: PromiseLike<string> = { then: (ok) => Promise.resolve(ok?.(`row ${++started}`)) as never };
  expect(await spent.time(() => query)).toBe("row 1");
  expect(started).toBe(1);
  const odd = {
    // biome-ignore lint/suspicious/noThenProperty: hostile on purpose
    get then(): unknown {
      throw new Error("not mine");
    },
  };
  expect(spent.time({}, () => odd)).toBe(odd);
  expect(await text(metrics)).toContain("\nspent_seconds_count 2\n");
});

test("time() returns a native promise as it is, and an unhandled rejection stays the caller's alone", async () => {
  const metrics = make();
  const spent = metrics.histogram({ name: "spent_seconds", help: "Spent." });
  const promise = Promise.resolve(1);
  expect(spent.time(() => promise)).toBe(promise);
});
