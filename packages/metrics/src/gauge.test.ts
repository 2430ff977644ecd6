import { expect, test } from "vitest";
import { createMetrics, type Metrics } from "./index.ts";

const make = (): Metrics => createMetrics({ runtime: false });
const text = async (metrics: Metrics): Promise<string> => (await metrics.render()).body;

test("a gauge is set and moved both ways, with and without labels", async () => {
  const metrics = make();
  const depth = metrics.gauge({ name: "queue_depth", help: "Depth.", labels: ["queue"] });
  depth.set({ queue: "mail" }, 5);
  depth.add({ queue: "mail" }, -2);
  depth.add({ queue: "mail" });
  const bound = depth.bind({ queue: "pay" });
  bound.set(9);
  bound.add(-10);
  const plain = metrics.gauge({ name: "sockets", help: "Sockets." });
  plain.set(3);
  plain.add(-1);
  const body = await text(metrics);
  expect(body).toContain("# TYPE queue_depth gauge\n");
  expect(body).toContain('queue_depth{queue="mail"} 4\n');
  expect(body).toContain('queue_depth{queue="pay"} -1\n');
  expect(body).toContain("\nsockets 2\n");
});

test("a gauge counts values that are not finite numbers, and labels that do not fit, as dropped", async () => {
  const metrics = make();
  const plain = metrics.gauge({ name: "sockets", help: "Sockets." });
  plain.set(3);
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, "4", undefined, null] as number[]) {
    plain.set(value);
    plain.bind().set(value);
  }
  plain.add(Number.NaN);
  plain.add("1" as unknown as number);
  plain.set(Number.MAX_VALUE);
  plain.add(Number.MAX_VALUE);
  plain.set(3);
  const labelled = metrics.gauge({ name: "depth", help: "Depth.", labels: ["queue"] });
  // @ts-expect-error: a missing label is a compile error
  labelled.set({}, 1);
  // @ts-expect-error: and a missing value as well
  labelled.set({ queue: "a" });
  const unbound = labelled.bind({} as { queue: string });
  unbound.set(1);
  unbound.add(1);
  const body = await text(metrics);
  expect(body).toContain("\nsockets 3\n");
  expect(body).toContain('dropped_total{metric="sockets",reason="value"} 13\n');
  expect(body).toContain('dropped_total{metric="depth",reason="missing_label"} 4\n');
  expect(body).toContain('dropped_total{metric="depth",reason="value"} 1\n');
});

test("a gauge can be read off a function at each render", async () => {
  const metrics = make();
  const queue: number[] = [1, 2, 3];
  const depth = metrics.gauge({ name: "depth", help: "Depth.", collect: () => depth.set(queue.length) });
  expect(await text(metrics)).toContain("\ndepth 3\n");
  queue.pop();
  expect(await text(metrics)).toContain("\ndepth 2\n");
});
