import { manualClock } from "@seaworthy/core/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { adaptiveBulkhead, policy } from "../index.ts";
import { GradientLimit } from "../internal/bulkhead/gradient-limit.ts";
import { type Distribution, type SimulationResult, simulate } from "../testing.ts";

const quiet = (): undefined => undefined;
const SERVICE = 50;
const DISTRIBUTIONS: readonly Distribution[] = ["constant", "exponential", "lognormal", "bimodal"];
const cells = DISTRIBUTIONS.flatMap((distribution) => [5, 20, 50, 200].map((workers) => ({ distribution, workers })));

/** An open loop of so many calls at a share of what the upstream can do. The answered calls in the second half. */
async function run(
  { distribution, workers }: { distribution: Distribution; workers: number },
  load: number,
  calls: number,
  bulkhead: "adaptive" | "fixed",
): Promise<SimulationResult["after"]> {
  const capacity = workers / (SERVICE / 1000);
  const duration = Math.ceil(calls / (load * capacity)) * 1000;
  const { after } = await simulate({
    policy: ({ clock }) =>
      policy("p", {
        timeout: "1s",
        bulkhead: bulkhead === "adaptive" ? adaptiveBulkhead({ clock }) : { concurrency: workers },
        clock,
      }),
    upstream: { workers, service: SERVICE, distribution },
    // A fault of no size: it only marks the time from which calls are counted.
    fault: { kind: "spike", amount: 1, from: 0, until: duration / 2 },
    load: load * capacity,
    duration,
  });
  return after;
}

describe("with an upstream whose service times vary, in an open loop", () => {
  test.each(cells)("a healthy upstream at 70 % load serves 97 %: $distribution, $workers workers", async (cell) => {
    const { goodput } = await run(cell, 0.7, 8000, "adaptive");
    expect(goodput).toBeGreaterThanOrEqual(0.97);
  });

  test.each(cells)(
    "at 1.5 times the capacity it does what a fixed limit does: $distribution, $workers workers",
    async (cell) => {
      const calls = cell.workers === 200 ? 50_000 : 16_000;
      const adaptive = await run(cell, 1.5, calls, "adaptive");
      const fixed = await run(cell, 1.5, calls, "fixed");
      // The fixed limit is the number of workers, which is not known in practice; one probe costs up to a fortieth of these few seconds.
      expect(adaptive.answeredPerSecond).toBeGreaterThanOrEqual(fixed.answeredPerSecond * 0.975);
    },
  );
});

/** What the limit is after so many calls, each of which takes as long as the upstream of these workers makes it. */
function settled(
  limit: GradientLimit,
  windows: number,
  { workers, service }: { workers: number; service: number },
): number {
  const seen: number[] = [];
  for (let window = 0; window < windows; window++) {
    for (let over = false; !over; ) {
      const inFlight = limit.current;
      over = limit.end(service * Math.max(1, inFlight / workers), inFlight, limit.begin(), false);
    }
    seen.push(limit.current);
  }
  const last = seen.slice(-20);
  return last.reduce((sum, value) => sum + value, 0) / last.length;
}

const limitFrom = (initial: number, max = 1000): GradientLimit =>
  new GradientLimit({ initial, min: 1, max, headroom: 4, smoothing: 0.2, tolerance: 1.5 });

describe("the limit, with every slot in use", () => {
  test.each([1, 5, 20, 60, 200, 1000])("comes to the upstream's 40 workers from %i", (initial) => {
    const limit = settled(limitFrom(initial), 2000, { workers: 40, service: 20 });
    expect(limit).toBeGreaterThan(36);
    expect(limit).toBeLessThan(110);
  });

  test("does not grow over ten thousand windows of overload", () => {
    expect(settled(limitFrom(20), 10_000, { workers: 40, service: 20 })).toBeLessThan(110);
  });

  test("follows an upstream that loses half of its workers, and one that gets them back", () => {
    const limit = limitFrom(20);
    settled(limit, 300, { workers: 40, service: 20 });
    const fewer = settled(limit, 300, { workers: 20, service: 20 });
    expect(fewer).toBeLessThan(60);
    expect(settled(limit, 300, { workers: 40, service: 20 })).toBeGreaterThan(36);
  });

  test("does not strangle an upstream that has become five times slower for good", () => {
    const limit = limitFrom(20);
    settled(limit, 300, { workers: 40, service: 20 });
    expect(settled(limit, 600, { workers: 40, service: 100 })).toBeGreaterThan(36);
  });

  test("falls by the share of shed calls, and stays where the upstream sheds few", () => {
    const limit = limitFrom(100);
    for (let call = 0; call < 50_000; call++) {
      const inFlight = limit.current;
      limit.end(20, inFlight, limit.begin(), call % inFlight >= 30); // every call above 30 in flight is a 429
    }
    expect(limit.current).toBeGreaterThan(20);
    expect(limit.current).toBeLessThan(45);
  });

  test("is not lowered for ever by timeouts that a lower limit does not prevent", () => {
    const limit = limitFrom(100);
    for (let call = 0; call < 100_000; call++) limit.end(20, limit.current, limit.begin(), call % 10 === 0);
    expect(limit.current).toBeGreaterThan(60);
  });
});

test("a limit that is not half used does not grow", () => {
  const limit = limitFrom(20);
  for (let i = 0; i < 5000; i++) limit.end(10, 3, limit.begin(), false);
  expect(limit.current).toBe(20);
});

test("the limit stays within its bounds, whatever the latencies and drops are", () => {
  const sample = fc.tuple(
    fc.oneof(fc.double({ min: 0, max: 1e9, noNaN: true }), fc.constant(0)),
    fc.boolean(),
    fc.integer({ min: 1, max: 50 }),
  );
  fc.assert(
    fc.property(
      fc.array(sample, { minLength: 1, maxLength: 300, size: "max" }),
      fc.integer({ min: 2, max: 50 }),
      (samples, initial) => {
        const limit = new GradientLimit({ initial, min: 2, max: 50, headroom: 4, smoothing: 0.5, tolerance: 1.5 });
        for (let i = 0; i < 20; i++) {
          for (const [latency, dropped, inFlight] of samples) {
            limit.end(latency, inFlight, limit.begin(), dropped);
            expect(limit.current).toBeGreaterThanOrEqual(2);
            expect(limit.current).toBeLessThanOrEqual(50);
          }
        }
      },
    ),
    { numRuns: 50 },
  );
});

test.each([
  ["a timeout", new DOMException("late", "TimeoutError")],
  ["an error with status 503", Object.assign(new Error("busy"), { status: 503 })],
  ["an axios error with status 429", Object.assign(new Error("busy"), { response: { status: 429 } })],
])("%s lowers the limit", async (_what, error) => {
  const bulkhead = adaptiveBulkhead({ initial: 20, clock: manualClock() });
  for (let i = 0; i < 40; i++) await bulkhead.run(() => Promise.reject(error)).catch(quiet);
  expect(bulkhead.limit).toBeLessThan(20);
});

test("a returned response with status 429 lowers the limit, and one with status 404 does not", async () => {
  const bulkhead = adaptiveBulkhead({ initial: 20, clock: manualClock() });
  for (let i = 0; i < 40; i++) await bulkhead.run(async () => ({ status: 404 }));
  expect(bulkhead.limit).toBe(20);
  for (let i = 0; i < 40; i++) await bulkhead.run(async () => ({ status: 429 }));
  expect(bulkhead.limit).toBeLessThan(20);
});

test("other failures are not measured", async () => {
  const bulkhead = adaptiveBulkhead({ initial: 20, clock: manualClock() });
  for (let i = 0; i < 400; i++) await bulkhead.run(() => Promise.reject(new Error("fast"))).catch(quiet);
  expect(bulkhead.limit).toBe(20);
});

test.each([
  [{ min: 0 }, "min"],
  [{ max: 0 }, "max"],
  [{ min: 10, max: 5 }, "max"],
  [{ initial: 2000 }, "initial"],
  [{ headroom: 0 }, "headroom"],
  [{ smoothing: 0 }, "smoothing"],
  [{ tolerance: 0.5 }, "tolerance"],
  [{ queue: -1 }, "queue"],
  [{ releaseAfter: -1 }, "releaseAfter"],
  [{ latency: 100 }, "latency"],
])("adaptiveBulkhead refuses %j with a TypeError that names %s", (options, named) => {
  expect(() => adaptiveBulkhead(options as never)).toThrow(
    expect.objectContaining({ name: "TypeError", message: expect.stringContaining(named) }),
  );
});
