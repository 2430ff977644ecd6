import { manualClock } from "@seaworthy/core/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { adaptiveBulkhead, policy } from "../index.ts";
import { FastLimit } from "./fast-limit.ts";

const quiet = (): undefined => undefined;
const CAPACITY = 40;
const SERVICE = 20;

/** mulberry32: the same numbers on every run. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** An upstream that works on `capacity` calls at once and lets others wait: latency grows with what is in flight. */
function simulate(
  limit: FastLimit,
  windows: number,
  upstream: { capacity: number; service: number },
  random: () => number,
): number[] {
  const seen: number[] = [];
  for (let window = 0; window < windows; window++) {
    const phase = limit.phase;
    const inFlight = limit.current;
    const latency = (): number => upstream.service * Math.max(1, inFlight / upstream.capacity) * (0.5 + random());
    while (!limit.sample(latency(), inFlight, phase));
    if (limit.phase === phase) seen.push(limit.current);
  }
  return seen.slice(-20);
}

const limitFrom = (initial: number): FastLimit =>
  new FastLimit({ initial, min: 1, max: 1000, headroom: 4, smoothing: 0.5 });
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe("the limit, with an upstream that works on 40 calls at once", () => {
  test.each([1, 5, 20, 39])("rises from %i to what the upstream can take", (initial) => {
    const settled = mean(simulate(limitFrom(initial), 200, { capacity: CAPACITY, service: SERVICE }, numbers(initial)));
    expect(settled).toBeGreaterThan(CAPACITY * 0.8);
    expect(settled).toBeLessThan(CAPACITY * 1.5);
  });

  test.each([60, 200, 1000])("falls from %i to what the upstream can take", (initial) => {
    const settled = mean(simulate(limitFrom(initial), 400, { capacity: CAPACITY, service: SERVICE }, numbers(initial)));
    expect(settled).toBeGreaterThan(CAPACITY * 0.8);
    expect(settled).toBeLessThan(CAPACITY * 1.5);
  });

  test("follows an upstream that loses half of what it can take, and one that gets it back", () => {
    const limit = limitFrom(20);
    const random = numbers(7);
    simulate(limit, 200, { capacity: 40, service: SERVICE }, random);
    const less = mean(simulate(limit, 300, { capacity: 20, service: SERVICE }, random));
    expect(less).toBeGreaterThan(14);
    expect(less).toBeLessThan(32);
    const again = mean(simulate(limit, 300, { capacity: 40, service: SERVICE }, random));
    expect(again).toBeGreaterThan(32);
    expect(again).toBeLessThan(60);
  });

  test("does not starve an upstream that has become slower for good", () => {
    const limit = limitFrom(20);
    const random = numbers(11);
    simulate(limit, 200, { capacity: 40, service: SERVICE }, random);
    const slower = mean(simulate(limit, 300, { capacity: 40, service: SERVICE * 5 }, random));
    expect(slower).toBeGreaterThan(30);
    expect(slower).toBeLessThan(60);
  });

  test("does not creep upwards over ten thousand windows", () => {
    const settled = simulate(limitFrom(20), 10_000, { capacity: 40, service: SERVICE }, numbers(13));
    expect(mean(settled)).toBeLessThan(60);
  });
});

test("a limit that is not used does not grow", () => {
  const limit = limitFrom(20);
  for (let i = 0; i < 5000; i++) limit.sample(10, 3, limit.phase);
  expect(limit.current).toBe(20);
});

test("whatever the latencies, the limit stays within its bounds", () => {
  const latency = fc.oneof(fc.double({ min: 0, max: 1e9, noNaN: true }), fc.constant(0));
  fc.assert(
    fc.property(
      fc.array(latency, { minLength: 1, maxLength: 300, size: "max" }),
      fc.integer({ min: 2, max: 50 }),
      (latencies, initial) => {
        const limit = new FastLimit({ initial, min: 2, max: 50, headroom: 4, smoothing: 0.5 });
        for (let i = 0; i < 20; i++) {
          for (const each of latencies) {
            limit.sample(each, limit.current, limit.phase);
            expect(limit.current).toBeGreaterThanOrEqual(2);
            expect(limit.current).toBeLessThanOrEqual(50);
          }
        }
      },
    ),
    { numRuns: 50 },
  );
});

test.each([2, 64])("the bulkhead itself settles near the upstream's ten, from %i on", async (initial) => {
  const clock = manualClock();
  const bulkhead = adaptiveBulkhead({ initial, max: 200, headroom: 3, queue: 1000, clock });
  let inFlight = 0;
  const operation = async (): Promise<void> => {
    inFlight += 1;
    const work = Promise.withResolvers<void>();
    clock.schedule(work.resolve, Math.round(10 * Math.max(1, inFlight / 10)));
    await work.promise;
    inFlight -= 1;
  };
  const client = async (): Promise<void> => {
    for (let i = 0; i < 40; i++) await bulkhead.run(operation);
  };
  const clients = Array.from({ length: 80 }, client);
  const limits: number[] = [];
  const all = Promise.all(clients);
  let over = false;
  void all.then(() => {
    over = true;
  });
  while (!over) {
    await clock.advance(50);
    limits.push(bulkhead.limit);
  }
  const settled = mean(limits.slice(Math.floor(limits.length / 2), -5));
  expect(settled).toBeGreaterThan(6);
  expect(settled).toBeLessThan(20);
  expect(bulkhead.stats()).toMatchObject({ active: 0, queued: 0 });
});

test("timeouts count as latency, fast failures do not", async () => {
  const clock = manualClock();
  const bulkhead = adaptiveBulkhead({ initial: 20, clock });
  const guarded = policy("p", { timeout: 1000, bulkhead });
  for (let i = 0; i < 400; i++) await guarded.run(() => Promise.reject(new Error("fast"))).catch(quiet);
  expect(bulkhead.limit).toBe(20);
  const fast = async (): Promise<void> => {
    const works = Array.from({ length: 20 }, () => Promise.withResolvers<void>());
    const runs = works.map(({ promise }) => guarded.run(() => promise));
    await clock.advance(10);
    for (const { resolve } of works) resolve();
    await Promise.all(runs);
  };
  await fast();
  const before = bulkhead.limit;
  const work = Promise.withResolvers<void>();
  const hung = Array.from({ length: before }, () => guarded.run(() => work.promise).catch(quiet));
  await clock.advance(1000);
  await Promise.all(hung);
  work.resolve();
  expect(bulkhead.limit).toBeLessThan(before);
});

test.each([
  [{ min: 0 }, "min"],
  [{ max: 0 }, "max"],
  [{ min: 10, max: 5 }, "max"],
  [{ initial: 2000 }, "initial"],
  [{ headroom: 0 }, "headroom"],
  [{ smoothing: 0 }, "smoothing"],
  [{ queue: -1 }, "queue"],
  [{ latency: 100 }, "latency"],
])("adaptiveBulkhead refuses %j with a TypeError that names %s", (options, named) => {
  expect(() => adaptiveBulkhead(options as never)).toThrow(
    expect.objectContaining({ name: "TypeError", message: expect.stringContaining(named) }),
  );
});
