import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { createClusterMetrics, createMetrics, type Rendered, shareMetrics } from "../src/index.ts";

interface Outcome {
  plain: Rendered;
  open: Rendered;
  theirs: string;
  clean: boolean;
}

/** Forks one real worker a behavior and gives what the primary rendered. */
async function run(...behaviors: string[]): Promise<Outcome> {
  const primary = join(import.meta.dirname, "cluster-primary.ts");
  const flags = ["--conditions=@seaworthy/source", primary, ...behaviors];
  const { stdout } = await promisify(execFile)(process.execPath, flags, { timeout: 60_000 });
  return JSON.parse(stdout) as Outcome;
}

describe("metrics of a cluster", { timeout: 60_000 }, () => {
  test("are those of all workers and of the primary, added up or as each gauge says", async () => {
    const { plain, open, clean } = await run("sharing", "sharing", "sharing");
    expect(plain.body).toContain('orders_total{country="NO",app="shop"} 106\n');
    expect(plain.body).toContain('orders_total{country="only-2",app="shop"} 1\n');
    expect(plain.body).toContain('spent_seconds_bucket{le="0.1",app="shop"} 2\n');
    expect(plain.body).toContain('spent_seconds_count{app="shop"} 3\n');
    expect(plain.body).toContain('load{app="shop"} 3\n');
    expect(plain.body).toContain('depth{app="shop"} 6\n');
    expect(plain.body).toContain('recent_seconds{percentile="99",app="shop"} 3\n');
    expect(plain.body).toContain("# TYPE nodejs_heap_size_used_bytes gauge\n");
    expect(plain.body).toContain('seaworthy_metrics_workers{state="answered"} 3\n');
    expect(plain.body).toContain('seaworthy_metrics_workers{state="silent"} 0\n');
    expect(plain.contentType).toMatch(/^text\/plain/);
    expect(open.contentType).toMatch(/^application\/openmetrics-text/);
    expect(open.body).toContain("# TYPE orders counter\n");
    expect(open.body).toContain('orders_total{country="NO",app="shop"} 106\n');
    expect(clean).toBe(true);
  });

  test("can be had through prom-client's own clusterMetrics() as well", async () => {
    const { theirs } = await run("plain", "plain");
    expect(theirs).toContain('orders_total{country="NO",app="shop"} 3\n');
    expect(theirs).toContain('load{app="shop"} 2\n');
    expect(theirs).toContain('spent_seconds_bucket{le="0.1",app="shop"} 2\n');
  });

  test("leave out workers that hang, fail or die, and count them", async () => {
    const { plain, clean } = await run("sharing", "silent", "failing");
    expect(plain.body).toContain('orders_total{country="NO",app="shop"} 101\n');
    expect(plain.body).toContain('seaworthy_metrics_workers{state="answered"} 1\n');
    expect(plain.body).toContain('seaworthy_metrics_workers{state="silent"} 2\n');
    expect(clean).toBe(true);
    // A worker that dies during a request is noticed at once, long before the limit of 30 seconds.
    const { plain: rest } = await run("sharing", "dying");
    expect(rest.body).toContain('orders_total{country="NO",app="shop"} 101\n');
    expect(rest.body).toContain('seaworthy_metrics_workers{state="silent"} 1\n');
  });

  test("of a primary without workers are its own", async () => {
    const own = createMetrics({ runtime: false });
    own.counter({ name: "a_total", help: "A." }).add();
    const { body } = await createClusterMetrics({ include: own }).render();
    expect(body).toContain("\na_total 1\n");
    expect(body).toContain('seaworthy_metrics_workers{state="answered"} 0\n');
  });

  test("sharing outside a worker does nothing", () => {
    const before = process.listenerCount("message");
    shareMetrics(createMetrics({ runtime: false }))();
    expect(process.listenerCount("message")).toBe(before);
  });

  test.each([
    [{ timeout: 0 }, /timeout must be from 1 ms to 1 minute; got 0/],
    [{ timeout: Number.NaN }, /timeout .* got NaN/],
    [{ timeout: "2h" }, /timeout .* got "2h"/],
    [{ include: {} }, /include must have snapshots\(\); got an object/],
    [{ wait: 5 }, /has no option "wait"/],
  ])("options of %j are refused", (options, message) => {
    expect(() => createClusterMetrics(options as object)).toThrow(message);
    expect(() => shareMetrics({} as never)).toThrow(/metrics must have snapshots\(\); got an object/);
  });
});
