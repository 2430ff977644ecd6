import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { manualClock } from "@seaworthy/core/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createMetrics, type Metrics } from "./index.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;
const make = (options = {}): Metrics => createMetrics({ runtime: false, ...options });
const lines = async (metrics: Metrics, name: string): Promise<string[]> =>
  (await metrics.render()).body
    .split("\n")
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));

describe("remove() and reset()", () => {
  test("take series out, whatever way their labels were written, and make room for others", async () => {
    const metrics = make({ seriesLimit: 2 });
    const depth = metrics.gauge({ name: "depth", help: "Depth.", labels: ["peer"] });
    depth.set({ peer: 1 }, 5);
    depth.set({ peer: "1" }, 6);
    depth.set({ peer: 2 }, 7);
    depth.remove({ peer: "1" });
    expect(await lines(metrics, "depth")).toEqual(['depth{peer="2"} 7']);
    depth.set({ peer: 3 }, 8);
    expect(await lines(metrics, "depth")).toEqual(['depth{peer="2"} 7', 'depth{peer="3"} 8']);
    depth.reset();
    expect(await lines(metrics, "depth")).toEqual([]);
    depth.set({ peer: 1 }, 9);
    expect(await lines(metrics, "depth")).toEqual(['depth{peer="1"} 9']);
  });

  test("lead a bound child to a new series when it records again", async () => {
    const metrics = make();
    const orders = metrics.counter({ name: "orders_total", help: "Orders.", labels: ["country"] });
    const labels = { country: "NO" };
    const norway = orders.bind(labels);
    labels.country = "SE"; // what was bound stays bound
    norway.add(5);
    orders.remove({ country: "NO" });
    expect(await lines(metrics, "orders_total")).toEqual([]);
    norway.add(2);
    orders.add({ country: "NO" });
    expect(await lines(metrics, "orders_total")).toEqual(['orders_total{country="NO"} 3']);
    const spent = metrics.histogram({ name: "spent", help: "Spent.", labels: ["route"], buckets: [1] });
    const home = spent.bind({ route: "/" });
    home.observe(0.5);
    spent.reset();
    home.observe(2);
    expect(await lines(metrics, "spent_count")).toEqual(['spent_count{route="/"} 1']);
  });

  test("set series that exist from the start back to their initial value", async () => {
    const metrics = make();
    const plain = metrics.counter({ name: "plain_total", help: "Plain." });
    const declared = metrics.gauge({ name: "declared", help: "Declared.", labels: { queue: ["mail", "pay"] } });
    plain.add(3);
    declared.set({ queue: "mail" }, 4);
    declared.set({ queue: "pay" }, 5);
    plain.remove();
    declared.remove({ queue: "pay" });
    expect(await lines(metrics, "plain_total")).toEqual(["plain_total 0"]);
    expect(await lines(metrics, "declared")).toEqual(['declared{queue="mail"} 4', 'declared{queue="pay"} 0']);
    plain.add();
    plain.reset();
    declared.reset();
    expect(await lines(metrics, "plain_total")).toEqual(["plain_total 0"]);
    expect(await lines(metrics, "declared")).toEqual(['declared{queue="mail"} 0', 'declared{queue="pay"} 0']);
  });

  test("count labels that do not fit as dropped, and ignore series that are not there", async () => {
    const metrics = make();
    const orders = metrics.counter({ name: "orders_total", help: "Orders.", labels: ["country"] });
    const remove = orders.remove as (labels?: unknown) => void;
    orders.add({ country: "NO" });
    const trap = new Proxy({}, { get: fault, ownKeys: fault });
    for (const labels of [undefined, {}, { country: null }, { country: "NO", x: 1 }, { country: {} }, trap, 5])
      remove(labels);
    remove({ country: "SE" });
    expect(await lines(metrics, "orders_total")).toEqual(['orders_total{country="NO"} 1']);
    const drops = await lines(metrics, "seaworthy_metrics_dropped_total");
    expect(drops.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0)).toBe(7);
  });

  test("leave a metric as if it had only ever seen what came afterwards", async () => {
    const label = fc.oneof(fc.constantFrom(1, "1", true, "true"), fc.string({ maxLength: 2 }));
    const step = fc.tuple(fc.constantFrom("add", "remove"), label, label);
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const metrics = make();
        const counter = metrics.counter({ name: "a_total", help: "A.", labels: ["x", "y"] });
        const model = new Map<string, number>();
        for (const [act, x, y] of steps) {
          const key = JSON.stringify([`${x}`.toWellFormed(), `${y}`.toWellFormed()]);
          if (act === "add") model.set(key, (model.get(key) ?? 0) + 1);
          else model.delete(key);
          counter[act as "add"]({ x, y });
        }
        const snapshot = (await metrics.snapshots()).find(({ name }) => name === "a_total");
        const seen = snapshot?.values.map(({ labels, value }) => [JSON.stringify([labels.x, labels.y]), value]);
        expect(new Map(seen as [string, number][])).toEqual(model);
      }),
      { numRuns: 100 },
    );
  });

  test("hold nothing of the series that were removed", () => {
    const depth = make().gauge({ name: "depth", help: "Depth.", labels: ["peer", "queue"] });
    const used = (): number => {
      collectGarbage();
      return process.memoryUsage().heapUsed;
    };
    const churn = (from: number, to: number): void => {
      for (let peer = from; peer < to; peer++) {
        depth.set({ peer, queue: "a" }, 1);
        depth.remove({ peer: `${peer}`, queue: "a" });
      }
    };
    churn(0, 1000);
    const before = used();
    churn(1000, 101_000);
    // A series that stayed would hold some 400 bytes, which makes 40 MB.
    expect(used() - before).toBeLessThan(4e6);
  });
});

describe("past its series limit", () => {
  test("a gauge drops what does not fit, since the values of several series in one mean nothing", async () => {
    const metrics = make({ seriesLimit: 2 });
    const depth = metrics.gauge({ name: "depth", help: "Depth.", labels: ["peer"] });
    for (let peer = 0; peer < 5; peer++) depth.set({ peer }, peer);
    depth.bind({ peer: "late" }).add();
    expect(await lines(metrics, "depth")).toEqual(['depth{peer="0"} 0', 'depth{peer="1"} 1']);
    expect(await lines(metrics, "seaworthy_metrics_dropped_total")).toEqual([
      'seaworthy_metrics_dropped_total{metric="depth",reason="series_limit"} 5',
    ]);
  });

  test("a counter shares one series again after it was reset", async () => {
    const metrics = make({ seriesLimit: 1 });
    const orders = metrics.counter({ name: "orders_total", help: "Orders.", labels: ["x"] });
    for (let round = 0; round < 2; round++) {
      for (let x = 0; x < 4; x++) orders.add({ x });
      expect(await lines(metrics, "orders_total")).toEqual([
        'orders_total{x="0"} 1',
        'orders_total{x="__overflow__"} 3',
      ]);
      orders.reset();
    }
  });
});

describe("a gauge and a histogram", () => {
  test("count down, are set to the current time, and measure with a timer", async () => {
    const clock = manualClock();
    const metrics = make({ clock });
    const open = metrics.gauge({ name: "open", help: "Open.", labels: ["kind"] });
    open.add({ kind: "a" }, 5);
    open.dec({ kind: "a" });
    open.bind({ kind: "a" }).dec(2);
    open.setToCurrentTime({ kind: "now" });
    const end = open.startTimer({ kind: "timer" });
    await clock.advance("1500ms");
    expect(end()).toBe(1.5);
    expect(await lines(metrics, "open")).toEqual([
      'open{kind="a"} 2',
      `open{kind="now"} ${(clock.now() - 1500) / 1000}`,
      'open{kind="timer"} 1.5',
    ]);
    const plain = metrics.gauge({ name: "plain", help: "Plain." });
    plain.setToCurrentTime();
    expect(await lines(metrics, "plain")).toEqual([`plain ${clock.now() / 1000}`]);
    const finish = plain.bind().startTimer();
    await clock.advance("2s");
    finish();
    expect(await lines(metrics, "plain")).toEqual(["plain 2"]);
  });

  test("take labels at the end of a timer, and count it once", async () => {
    const clock = manualClock();
    const metrics = make({ clock });
    const spent = metrics.histogram({ name: "spent", help: "Spent.", labels: ["route", "status"], buckets: [1] });
    const end = spent.startTimer({ route: "/" });
    await clock.advance("3s");
    expect(end({ status: 200 })).toBe(3);
    await clock.advance("3s");
    expect(end({ status: 500 })).toBe(3);
    spent.startTimer()({ route: "/b", status: 200 });
    const plain = metrics.histogram({ name: "plain", help: "Plain.", buckets: [1] });
    plain.startTimer()();
    plain.bind().startTimer()();
    expect(await lines(metrics, "spent_sum")).toEqual([
      'spent_sum{route="/",status="200"} 3',
      'spent_sum{route="/b",status="200"} 0',
    ]);
    expect(await lines(metrics, "plain_count")).toEqual(["plain_count 2"]);
  });
});

describe("percentiles with labels", () => {
  test("keep one window per label set", async () => {
    const metrics = make();
    const recent = metrics.percentiles({ name: "recent", labels: ["route"] });
    for (let i = 1; i <= 100; i++) recent.record({ route: "/a" }, i);
    const other = recent.bind({ route: "/b" });
    other.record(7);
    expect(recent.read({ route: "/a" })).toEqual({ count: 100, p50: 50, p95: 95, p99: 99, max: 100 });
    expect(other.read().max).toBe(7);
    expect(recent.read({ route: "/unknown" }).count).toBe(0);
    expect(await lines(metrics, "recent")).toContain('recent{percentile="95",route="/a"} 95');
    recent.remove({ route: "/a" });
    expect(await lines(metrics, "recent")).toHaveLength(4);
    recent.reset();
    expect(await lines(metrics, "recent")).toEqual([]);
    other.record(3);
    expect(recent.read({ route: "/b" }).max).toBe(3);
  });

  test("share one window past the limit of 100 label sets", () => {
    const recent = make().percentiles({ name: "recent", labels: ["user"] });
    for (let user = 0; user < 150; user++) recent.record({ user }, user);
    expect(recent.read({ user: "__overflow__" })).toMatchObject({ count: 50, max: 149 });
    expect(recent.read({ user: 120 }).count).toBe(0);
  });
});

function fault(): never {
  throw new Error("host code");
}
