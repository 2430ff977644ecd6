import { describe, expect, test } from "vitest";
import { GradientLimit, type GradientLimitOptions } from "./gradient-limit.ts";

const options: GradientLimitOptions = { initial: 20, min: 2, max: 200, headroom: 4, smoothing: 0.2, tolerance: 1.5 };

interface Load {
  readonly latency: number;
  /** As a share of the limit. */
  readonly used?: number;
  /** Share of the calls that the upstream drops. */
  readonly dropped?: number;
}

/** Ends calls until the limit has judged one window of them. */
function window(rule: GradientLimit, { latency, used = 1, dropped = 0 }: Load): void {
  const inFlight = Math.max(1, Math.round(rule.current * used));
  for (let n = 0; n < 10_000; n++) if (rule.end(latency, inFlight, rule.begin(), n % 100 < dropped * 100)) return;
  throw new Error("no window ended");
}
function windows(rule: GradientLimit, count: number, load: Load): void {
  for (let n = 0; n < count; n++) window(rule, load);
}

describe("a limit that follows latency", () => {
  test("begins at its first value", () => {
    expect(new GradientLimit(options).current).toBe(20);
  });

  test("stays as it is while less than half of it is used", () => {
    const rule = new GradientLimit(options);
    windows(rule, 50, { latency: 10, used: 0.45 });
    expect(rule.current).toBe(20);
    window(rule, { latency: 10, used: 0.5 });
    expect(rule.current).toBeGreaterThan(20);
  });

  test("grows by a quarter per window at first, and never beyond its maximum", () => {
    const rule = new GradientLimit(options);
    window(rule, { latency: 10, used: 0.6 });
    expect(rule.current).toBe(25);
    window(rule, { latency: 10, used: 0.6 });
    expect(rule.current).toBe(31);
    windows(rule, 30, { latency: 10, used: 0.6 });
    expect(rule.current).toBe(200);
  });

  test("falls while calls take longer than the tolerance, and never below its minimum", () => {
    const rule = new GradientLimit(options);
    windows(rule, 20, { latency: 10, used: 0.6 });
    const before = rule.current;
    windows(rule, 3, { latency: 40, used: 0.6 });
    expect(rule.current).toBeLessThan(before);
    const small = new GradientLimit({ ...options, initial: 2 });
    windows(small, 5, { latency: 10, used: 0.1, dropped: 1 });
    expect(small.current).toBe(2);
  });

  test("does not fall for calls that take a little longer than usual", () => {
    const rule = new GradientLimit(options);
    windows(rule, 40, { latency: 10, used: 0.6 });
    const before = rule.current;
    windows(rule, 5, { latency: 13, used: 0.6 });
    expect(rule.current).toBe(before);
  });

  test("loses at most half of itself to drops in one window", () => {
    const rule = new GradientLimit(options);
    windows(rule, 20, { latency: 10, used: 0.9 });
    const before = rule.current;
    window(rule, { latency: 10, used: 0.9, dropped: 1 });
    expect(rule.current).toBeGreaterThanOrEqual(Math.floor(before / 2) - 1);
    expect(rule.current).toBeLessThan(before);
  });

  test("falls for drops even if it is hardly used", () => {
    const rule = new GradientLimit({ ...options, initial: 100 });
    window(rule, { latency: 10, used: 0.1, dropped: 1 });
    expect(rule.current).toBeLessThanOrEqual(20);
  });

  test("is halved for a probe after many windows in which it was used up, and whole again afterwards", () => {
    const rule = new GradientLimit({ ...options, initial: 40, max: 40 });
    windows(rule, 10, { latency: 10 });
    expect(rule.current).toBe(20);
    // Calls that began before the probe do not count for it.
    for (let n = 0; n < 1000; n++) expect(rule.end(10, 20, 0, false)).toBe(false);
    expect(rule.current).toBe(20);
    window(rule, { latency: 10 });
    expect(rule.current).toBe(40);
  });

  test("falls if a probe shows that calls are faster at half of it", () => {
    const rule = new GradientLimit({ ...options, initial: 40, max: 40 });
    const seen = new Set<number>();
    for (let n = 0; n < 30; n++) {
      // The upstream has 25 workers: more calls than that wait for each other.
      window(rule, { latency: rule.current > 25 ? 100 : 10 });
      seen.add(rule.current);
    }
    // 20 is the probe itself.
    expect([...seen].filter((limit) => limit < 40 && limit !== 20)).not.toEqual([]);
  });

  test("does not fall if a probe shows that calls are as slow at half of it", () => {
    const rule = new GradientLimit({ ...options, initial: 40, max: 40 });
    const seen = new Set<number>();
    for (let n = 0; n < 30; n++) {
      window(rule, { latency: 100 });
      seen.add(rule.current);
    }
    expect([...seen].sort((a, b) => a - b)).toEqual([20, 40]);
  });
});
