import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { type BackoffPlan, backoffDelay } from "./backoff-delay.ts";

const plan = (over: Partial<BackoffPlan>): BackoffPlan => ({
  backoff: "exponential",
  initialDelay: 100,
  maxDelay: 10_000,
  jitter: "none",
  random: () => 0.5,
  ...over,
});
const waits = (over: Partial<BackoffPlan>): number[] =>
  [1, 2, 3, 4].map((retry) => backoffDelay(plan(over), retry, undefined));
const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test("an exponential backoff doubles, a linear one adds, a constant one stays", () => {
  expect(waits({})).toEqual([100, 200, 400, 800]);
  expect(waits({ backoff: "linear" })).toEqual([100, 200, 300, 400]);
  expect(waits({ backoff: "constant" })).toEqual([100, 100, 100, 100]);
});

test("a function of one's own gets the retry's number and the error, and may answer any duration", () => {
  const backoff = vi.fn((retry: number) => `${retry}s` as const);
  expect(waits({ backoff })).toEqual([1000, 2000, 3000, 4000]);
  backoffDelay(plan({ backoff }), 1, "the error");
  expect(backoff).toHaveBeenLastCalledWith(1, "the error");
});

test("with full jitter every wait is from 0 to the capped wait, with equal jitter from half of it", () => {
  const backoff = fc.constantFrom("exponential" as const, "linear" as const, "constant" as const);
  const milliseconds = fc.double({ min: 0, max: 1e9, noNaN: true });
  fc.assert(
    fc.property(
      backoff,
      milliseconds,
      milliseconds,
      fc.integer({ min: 1, max: 2000 }),
      chance,
      (kind, initialDelay, maxDelay, retry, random) => {
        const common = { backoff: kind, initialDelay, maxDelay, random: () => random };
        const bare = backoffDelay(plan(common), retry, undefined);
        expect(bare).toBeGreaterThanOrEqual(0);
        expect(bare).toBeLessThanOrEqual(maxDelay);
        const full = backoffDelay(plan({ ...common, jitter: "full" }), retry, undefined);
        expect(full).toBeGreaterThanOrEqual(0);
        expect(full).toBeLessThanOrEqual(bare);
        const equal = backoffDelay(plan({ ...common, jitter: "equal" }), retry, undefined);
        expect(equal).toBeGreaterThanOrEqual(bare / 2);
        expect(equal).toBeLessThanOrEqual(bare);
      },
    ),
  );
});

test("waits that have reached the longest delay are still spread over all of it", () => {
  const at = (random: number, jitter: "full" | "equal"): number =>
    backoffDelay(plan({ maxDelay: 1000, jitter, random: () => random }), 50, undefined);
  expect([0, 0.5, 0.999].map((random) => at(random, "full"))).toEqual([0, 500, 999]);
  expect([0, 0.5].map((random) => at(random, "equal"))).toEqual([500, 750]);
});

test.each([Number.NaN, -1, Number.POSITIVE_INFINITY, "soon", undefined, {}])(
  "a backoff function that answers %s costs the longest delay, not the retries",
  (answer) => {
    const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    expect(backoffDelay(plan({ backoff: () => answer as never, maxDelay: 700 }), 1, undefined)).toBe(700);
    expect(warned).toHaveBeenCalledOnce();
    warned.mockRestore();
  },
);

test("chance that is out of bounds is held within them", () => {
  for (const random of [Number.NaN, -5, 7]) {
    const wait = backoffDelay(plan({ jitter: "full", random: () => random }), 1, undefined);
    expect(wait).toBeGreaterThanOrEqual(0);
    expect(wait).toBeLessThanOrEqual(100);
  }
});
