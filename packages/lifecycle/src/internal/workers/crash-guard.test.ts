import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CrashGuard, restartDelay } from "./crash-guard.ts";

describe("CrashGuard", () => {
  test("counts the ends within the window alone, and gives way to one more than the limit", () => {
    const guard = new CrashGuard({ crashLimit: 2, crashWindow: 1000 });
    expect([0, 500, 1000, 1499].map((now) => guard.note(now))).toEqual([false, false, false, true]);
    expect(guard.count).toBe(3);
  });

  test("never gives way to ends that are far enough apart", () => {
    const guard = new CrashGuard({ crashLimit: 1, crashWindow: 1000 });
    for (let now = 0; now < 100_000; now += 1000) expect(guard.note(now)).toBe(false);
  });
});

describe("restartDelay", () => {
  const settings = { initialDelay: 200, maxDelay: 10_000 };

  test.each([
    [1, 100, 200],
    [2, 200, 400],
    [4, 800, 1600],
    [7, 5000, 10_000],
    [2000, 5000, 10_000],
  ])("after %i failures in a row it is from %i to %i ms", (failures, least, most) => {
    expect(restartDelay(failures, { ...settings, random: () => 0 })).toBe(least);
    expect(restartDelay(failures, { ...settings, random: () => 1 })).toBe(most);
  });

  test("is never above maxDelay nor below half of initialDelay", () => {
    fc.assert(
      fc.property(fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), (failures, part) => {
        const delay = restartDelay(failures, { ...settings, random: () => part });
        return delay >= 100 && delay <= 10_000;
      }),
    );
  });
});
