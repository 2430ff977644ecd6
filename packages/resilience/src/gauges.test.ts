import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { readGauges } from "@seaworthy/core";
import { manualClock } from "@seaworthy/core/testing";
import { expect, test } from "vitest";
import { compose, createBreaker, createBulkhead, keyed, policy } from "./index.ts";

const down = (): Promise<never> => Promise.reject(new Error("down"));
const quiet = (): undefined => undefined;

/** The values of a gauge now, by label. */
function values(gauge: string, label: "breaker" | "bulkhead" = "breaker"): Record<string, number> {
  const readings = readGauges().filter(({ definition }) => definition.name === `resilience.${gauge}`);
  return Object.fromEntries(readings.map(({ labels, value }) => [String(labels[label]), value]));
}

test("the gauge of a breaker follows its state, and ends when the breaker is disposed of", async () => {
  const clock = manualClock();
  const breaker = createBreaker({ name: "g1", minimumCalls: 1, openFor: 1000, openJitter: 0, clock });
  expect(values("breaker_state")).toEqual({ g1: 0 });
  await breaker.run(down).catch(quiet);
  expect(values("breaker_state")).toEqual({ g1: 2 });
  await clock.advance(1000);
  expect(values("breaker_state")).toEqual({ g1: 1 });
  const release = breaker.isolate();
  expect(values("breaker_state")).toEqual({ g1: 2 });
  release();
  breaker.trip();
  breaker.setMode("metrics-only");
  expect(values("breaker_state")).toEqual({ g1: 2 });
  breaker.setMode("disabled");
  expect(values("breaker_state")).toEqual({ g1: 0 });
  breaker.dispose();
  breaker.dispose();
  expect(values("breaker_state")).toEqual({});
});

test("the state of a breaker is read at the scrape, so that an open time that is over shows although its timer is late", async () => {
  let time = 0;
  const clock = { now: () => time, monotonic: () => time };
  const breaker = createBreaker({ name: "late", minimumCalls: 1, openFor: "1h", openJitter: 0, clock });
  await breaker.run(down).catch(quiet);
  time = 3_600_000;
  expect(values("breaker_state")).toEqual({ late: 1 });
  breaker.dispose();
});

test("of two breakers with one name, the worst state counts", () => {
  const [first, second] = [createBreaker({ name: "twin" }), createBreaker({ name: "twin" })];
  second.trip();
  expect(values("breaker_state")).toEqual({ twin: 2 });
  second.dispose();
  expect(values("breaker_state")).toEqual({ twin: 0 });
  first.dispose();
});

test("the gauges of a bulkhead count the slots in use, the calls that wait, and all slots", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const bulkhead = createBulkhead({ name: "b1", concurrency: 2, queue: 5 });
  const composed = compose(bulkhead, policy("p"));
  const runs = [1, 2, 3].map(() => composed.run(() => promise));
  const figures = () =>
    ["bulkhead_in_use", "bulkhead_waiting", "bulkhead_slots"].map((name) => values(name, "bulkhead"));
  expect(figures()).toEqual([{ b1: 2 }, { b1: 1 }, { b1: 2 }]);
  resolve();
  await Promise.all(runs);
  expect(figures()).toEqual([{ b1: 0 }, { b1: 0 }, { b1: 2 }]);
  await bulkhead[Symbol.asyncDispose]();
  expect(figures()).toEqual([{}, {}, {}]);
  expect(await bulkhead.run(() => "still limits")).toBe("still limits");
});

test("a policy ends the gauges of its own guards, and not of those that it was given", () => {
  const shared = createBreaker({ name: "shared" });
  const own = policy("own", { breaker: true, bulkhead: { concurrency: 1 } });
  const borrowing = policy("borrowing", { breaker: shared });
  expect(Object.keys(values("breaker_state")).sort()).toEqual(["own", "shared"]);
  own.dispose();
  borrowing.dispose();
  expect(values("breaker_state")).toEqual({ shared: 0 });
  expect(values("bulkhead_in_use", "bulkhead")).toEqual({});
  shared.dispose();
});

test("guards by key are not shown by default, and are shown only until they are dropped if asked for", () => {
  const make = (key: string) => policy(key, { breaker: true });
  const many = keyed(make);
  for (let index = 0; index < 50; index++) many.for(`key ${index}`);
  expect(values("breaker_state")).toEqual({});
  const few = keyed(make, { gauges: true, max: 2 });
  for (const key of ["a", "b", "c"]) few.for(key);
  expect(values("breaker_state")).toEqual({ b: 0, c: 0 });
  few.dispose();
  many.dispose();
  expect(values("breaker_state")).toEqual({});
  expect(() => keyed(make, { gauges: 1 as never })).toThrow(/gauges.*1/);
});

test("a function that fails to make a guard by key leaves later guards in the gauges", () => {
  const guards = keyed(() => {
    throw new Error("no guard");
  });
  expect(() => guards.for("a")).toThrow("no guard");
  const breaker = createBreaker({ name: "after" });
  expect(values("breaker_state")).toEqual({ after: 0 });
  breaker.dispose();
});

test("a breaker that was dropped without being disposed of is freed, and leaves the gauges", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  (() => createBreaker({ name: "dropped" }))();
  for (let turn = 0; turn < 1000 && "dropped" in values("breaker_state"); turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    collect();
  }
  expect(values("breaker_state")).toEqual({});
});

test("docs/reference/events.md names every gauge of this package", () => {
  const page = readFileSync(join(import.meta.dirname, "../../../docs/reference/events.md"), "utf8");
  const guarded = policy("documented", { breaker: true, bulkhead: { concurrency: 1 } });
  const names = readGauges().map(({ definition }) => definition.name);
  expect(names.length).toBe(4);
  for (const name of names) expect(page).toContain(`| \`${name}\` |`);
  guarded.dispose();
});
