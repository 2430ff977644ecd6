import type { Duration } from "@seaworthy/core";
import { manualClock } from "@seaworthy/core/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createMetrics, type Percentiles } from "./index.ts";
import { SlidingWindow } from "./internal/sliding-window.ts";

const QUANTILES = [0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 1];

/** How far, as a share of the count, the rank of `value` is from `q`: 0 when it is the exact quantile. */
function rankError(sorted: Float64Array, value: number, q: number): number {
  const below = position(sorted, value, false) / sorted.length;
  const through = position(sorted, value, true) / sorted.length;
  return Math.max(0, below - q, q - through);
}

function position(sorted: Float64Array, value: number, through: boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const each = sorted[middle] as number;
    if (each < value || (through && each === value)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function generator(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

const SHAPES: Readonly<Record<string, (random: () => number, i: number, n: number) => number>> = {
  uniform: (random) => random(),
  rising: (_random, i) => i,
  falling: (_random, _i, n) => -n,
  "the same over and over": () => 42,
  "two values": (random) => (random() < 0.97 ? 1 : 1000),
  "a long tail": (random) => 1 / (1e-9 + random() ** 3),
  "a narrow band": (random) => 1 + random() * 1e-9,
  "a saw": (_random, i) => i % 1000,
  "smallest and largest doubles": (random) => (random() - 0.5) * 10 ** (600 * random() - 300),
};

describe("percentiles", () => {
  test.each(Object.keys(SHAPES))("are within 1 %% of rank for %s, at every size", (shape) => {
    const make = SHAPES[shape] as (typeof SHAPES)[string];
    for (const count of [1, 2, 3, 100, 129, 1000, 2049, 50_000, 400_000]) {
      const random = generator(count);
      const window = new SlidingWindow(60_000, manualClock());
      const values = new Float64Array(count);
      for (let i = 0; i < count; i++) {
        values[i] = make(random, i, i);
        window.record(values[i] as number);
      }
      expectWithin(window, values.sort(), 0.01);
    }
  });

  test("are within 1 % of rank when the values are spread over the window", async () => {
    const clock = manualClock();
    const window = new SlidingWindow(60_000, clock);
    const random = generator(7);
    const values: number[] = [];
    for (let step = 0; step < 300; step++) {
      await clock.advance(198);
      for (let i = 0; i < 700; i++) {
        const value = step + random(); // what arrives drifts, so that losing a part would show
        values.push(value);
        window.record(value);
      }
    }
    expectWithin(window, Float64Array.from(values).sort(), 0.01);
  });

  test("are within 1 % of the exact ranks of what the window holds, for any values at any times", async () => {
    const burst = fc.record({
      pause: fc.nat({ max: 900 }),
      values: fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { maxLength: 400 }),
      repeat: fc.integer({ min: 1, max: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(burst, { maxLength: 25 }), async (bursts) => {
        const clock = manualClock();
        const window = new SlidingWindow(2560, clock); // slices of 10 ms
        const kept: { at: number; value: number }[] = [];
        for (const { pause, values, repeat } of bursts) {
          await clock.advance(pause);
          for (let i = 0; i < repeat; i++)
            for (const value of values) {
              kept.push({ at: clock.monotonic(), value });
              window.record(value);
            }
        }
        const oldest = Math.floor(clock.monotonic() / 10) - 256;
        const held = kept.filter(({ at }) => Math.floor(at / 10) > oldest).map(({ value }) => value);
        expectWithin(window, Float64Array.from(held).sort(), 0.01);
      }),
      { numRuns: 100 },
    );
  });

  test("forget a value when the window has passed, and at most 1/256 of the window earlier", async () => {
    const clock = manualClock();
    const percentiles = make(clock, "60s");
    percentiles.record(1);
    await clock.advance("59s");
    percentiles.record(2);
    expect(percentiles.read()).toEqual({ count: 2, p50: 1, p95: 2, p99: 2, max: 2 });
    await clock.advance("765ms");
    expect(percentiles.read().count).toBe(2);
    await clock.advance("235ms");
    expect(percentiles.read()).toEqual({ count: 1, p50: 2, p95: 2, p99: 2, max: 2 });
    await clock.advance("1d");
    expect(percentiles.read().count).toBe(0);
  });

  test("of an empty window are NaN, with a count of 0", () => {
    const nothing = { count: 0, p50: Number.NaN, p95: Number.NaN, p99: Number.NaN, max: Number.NaN };
    expect(make(manualClock()).read()).toEqual(nothing);
  });

  test("drop values that are not finite numbers, and do not notice jumps of the wall clock", () => {
    const clock = manualClock();
    const percentiles = make(clock);
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, "1", undefined, null] as number[])
      percentiles.record(value);
    percentiles.record(5);
    clock.jumpTo(0);
    percentiles.record(-6);
    clock.jumpTo(Date.UTC(2100, 0, 1));
    expect(percentiles.read()).toMatchObject({ count: 2, p50: -6, max: 5 });
  });

  test("hold bounded memory, whatever is recorded", async () => {
    const clock = manualClock();
    const window = new SlidingWindow(60_000, clock);
    for (let slice = 0; slice < 600; slice++) {
      for (let i = 0; i < 3000; i++) window.record(i);
      await clock.advance(60_000 / 256);
    }
    for (let i = 0; i < 1_000_000; i++) window.record(i);
    expect(bytesOf(window)).toBeLessThan(700_000);
  });

  test("appear as a gauge by percentile, and not at all while the window is empty", async () => {
    const clock = manualClock();
    const metrics = createMetrics({ runtime: false, clock });
    const percentiles = metrics.percentiles({ name: "recent_seconds", window: "10s" });
    expect((await metrics.render()).body).not.toContain("recent_seconds{");
    for (let i = 1; i <= 100; i++) percentiles.record(i);
    const { body } = await metrics.render();
    expect(body).toContain("# TYPE recent_seconds gauge\n");
    expect(body).toContain('recent_seconds{percentile="50"} 50\n');
    expect(body).toContain('recent_seconds{percentile="95"} 95\n');
    expect(body).toContain('recent_seconds{percentile="99"} 99\n');
    expect(body).toContain('recent_seconds{percentile="100"} 100\n');
  });
});

function make(clock: ReturnType<typeof manualClock>, window: Duration = "60s"): Percentiles {
  return createMetrics({ runtime: false, clock }).percentiles({ name: "recent_seconds", window });
}

function expectWithin(window: SlidingWindow, sorted: Float64Array, error: number): void {
  const reading = window.read();
  expect(reading.count).toBe(sorted.length);
  if (sorted.length === 0) return;
  expect(reading.max).toBe(sorted[sorted.length - 1]);
  for (const q of QUANTILES) {
    // With n values a rank is a multiple of 1/n; nearest rank may be that far off and still exact.
    expect(rankError(sorted, reading.quantile(q), q)).toBeLessThanOrEqual(error);
  }
}

/** Bytes of all typed arrays that can be reached. */
function bytesOf(value: unknown, seen = new Set<unknown>()): number {
  if (typeof value !== "object" || value === null || seen.has(value)) return 0;
  seen.add(value);
  if (ArrayBuffer.isView(value)) return value.byteLength;
  return Object.values(value).reduce((sum: number, member) => sum + bytesOf(member, seen), 0);
}
