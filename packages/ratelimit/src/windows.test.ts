import { manualClock } from "@seaworthy/core/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createRateLimiter, type RateLimiterOptions } from "./index.ts";

interface Step {
  readonly wait: number;
  readonly cost: number;
}

const step = fc.record({
  wait: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 2000 })),
  cost: fc.integer({ min: 1, max: 4 }),
});

/** What was admitted, and when. */
async function run(options: Partial<RateLimiterOptions>, steps: readonly Step[]): Promise<Step[]> {
  const clock = manualClock();
  const limiter = createRateLimiter({ name: "property", limits: [], clock, ...options });
  const admitted: Step[] = [];
  let now = 0;
  for (const { wait, cost } of steps) {
    // Far from the start, where fractions of a millisecond are rounded.
    clock.jumpTo(Math.random() * 1e12);
    if (wait > 0) await clock.advance(wait);
    now += wait;
    const decision = await limiter.consume("k", cost);
    if (decision.allowed) admitted.push({ wait: now, cost });
    else if (decision.retryAfter > 0 && Number.isFinite(decision.retryAfter))
      await expectRetry(limiter, cost, decision.retryAfter);
  }
  return admitted;
}

/** A refused call is refused again at once, and took nothing. */
async function expectRetry(
  limiter: ReturnType<typeof createRateLimiter>,
  cost: number,
  retryAfter: number,
): Promise<void> {
  const again = await limiter.peek("k", cost);
  expect(again.allowed).toBe(false);
  expect(again.retryAfter).toBe(retryAfter);
}

/** The largest sum of costs in any period of this length. */
function busiest(admitted: readonly Step[], length: number): number {
  return Math.max(
    0,
    ...admitted.map(({ wait: end }) =>
      admitted.filter(({ wait }) => wait > end - length && wait <= end).reduce((sum, { cost }) => sum + cost, 0),
    ),
  );
}

test("a log never admits more than its limit in any period of its length", async () => {
  const property = fc.asyncProperty(
    fc.integer({ min: 1, max: 9 }),
    fc.integer({ min: 1, max: 1000 }),
    fc.array(step, { maxLength: 60 }),
    async (limit, window, steps) => {
      const admitted = await run({ limits: [{ limit, window }] }, steps);
      expect(busiest(admitted, window)).toBeLessThanOrEqual(limit);
    },
  );
  await fc.assert(property, { numRuns: 60 });
});

test("of several logs, each holds, and a call that is refused by one costs nothing in the others", async () => {
  const property = fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
    const limits = [
      { limit: 4, window: 100 },
      { limit: 9, window: 1000 },
    ];
    const admitted = await run({ limits }, steps);
    for (const { limit, window } of limits) expect(busiest(admitted, window)).toBeLessThanOrEqual(limit);
  });
  await fc.assert(property, { numRuns: 60 });
});

test("a drained window admits its burst and what drains in the period, and no more", async () => {
  const property = fc.asyncProperty(
    fc.integer({ min: 1, max: 9 }),
    fc.integer({ min: 1, max: 9 }),
    fc.array(step, { maxLength: 60 }),
    async (limit, burst, steps) => {
      const admitted = await run({ limits: [{ limit, window: 300, burst }], algorithm: "bucket" }, steps);
      for (const length of [1, 100, 300, 1000])
        expect(busiest(admitted, length)).toBeLessThanOrEqual(Math.floor(burst + (limit * length) / 300 + 1e-6));
    },
  );
  await fc.assert(property, { numRuns: 60 });
});

test("a call that comes after retryAfter is admitted, and one that comes a millisecond before is not", async () => {
  const property = fc.asyncProperty(
    fc.constantFrom("log", "gcra", "bucket" as const),
    fc.integer({ min: 1, max: 7 }),
    fc.array(fc.integer({ min: 0, max: 90 }), { minLength: 1, maxLength: 40 }),
    async (algorithm, limit, waits) => {
      const clock = manualClock();
      const limiter = createRateLimiter({
        name: "retry",
        limits: [{ limit, window: 500 }],
        algorithm: algorithm as "log",
        clock,
      });
      for (const wait of waits) {
        await clock.advance(wait);
        const { allowed, retryAfter } = await limiter.consume("k");
        if (allowed) continue;
        await clock.advance(retryAfter - 1);
        expect((await limiter.peek("k")).allowed).toBe(false);
        await clock.advance(1);
        expect((await limiter.consume("k")).allowed).toBe(true);
      }
    },
  );
  await fc.assert(property, { numRuns: 60 });
});
