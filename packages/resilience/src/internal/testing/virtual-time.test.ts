import { afterEach, describe, expect, test } from "vitest";
import { replacePlatformTime, VirtualTime } from "./virtual-time.ts";

let restore: () => void = () => undefined;
afterEach(() => restore());

describe("virtual time", () => {
  test("runs timers in the order in which they are due, and equal ones in the order in which they were set", async () => {
    const time = new VirtualTime();
    const seen: string[] = [];
    const dues = [50, 10, 40, 10, 30, 20, 50, 0, 60, 10];
    for (const [index, due] of dues.entries()) time.at(due, () => void seen.push(`${due}/${index}`));
    await time.run(50);
    expect(seen).toEqual(["0/7", "10/1", "10/3", "10/9", "20/5", "30/4", "40/2", "50/0", "50/6"]);
    expect(time.now).toBe(50);
    await time.run(60);
    expect(seen.at(-1)).toBe("60/8");
  });

  test("does not run a timer that was cancelled, and never goes back", async () => {
    const time = new VirtualTime();
    const seen: number[] = [];
    const cancel = time.clock.schedule?.(() => void seen.push(1), 10);
    time.clock.schedule?.(() => void seen.push(time.clock.monotonic()), -5);
    cancel?.();
    await time.run(20);
    expect(seen).toEqual([0]);
    time.at(5, () => void seen.push(time.now));
    await time.run(30);
    expect(seen).toEqual([0, 20]);
  });
});

describe("the platform's timers, while they are virtual", () => {
  test("repeat intervals until they are cleared, and call a timeout once with its arguments", async () => {
    const time = new VirtualTime();
    restore = replacePlatformTime(time);
    const seen: unknown[] = [];
    const interval = setInterval((name: string) => void seen.push([name, time.now]), 10, "interval");
    setTimeout((name: string) => void seen.push([name, performance.now()]), 15, "timeout");
    const never = setTimeout(() => void seen.push("never"), 5);
    clearTimeout(never);
    await time.run(30);
    expect(seen).toEqual([
      ["interval", 10],
      ["timeout", 15],
      ["interval", 20],
      ["interval", 30],
    ]);
    clearInterval(interval);
    await time.run(100);
    expect(seen).toHaveLength(4);
  });

  test("wait for one millisecond at least, also for a delay that is not a number", async () => {
    const time = new VirtualTime();
    restore = replacePlatformTime(time);
    const seen: number[] = [];
    for (const delay of [0, -1, Number.NaN, 2]) setTimeout(() => void seen.push(time.now), delay);
    await time.run(10);
    expect(seen).toEqual([1, 1, 1, 2]);
  });

  test("are the platform's own again afterwards", () => {
    const before = { ...globalThis, now: Date.now, performance: performance.now };
    replacePlatformTime(new VirtualTime())();
    const { setTimeout, setInterval, clearTimeout, clearInterval } = globalThis;
    expect({ setTimeout, setInterval, clearTimeout, clearInterval }).toEqual({
      setTimeout: before.setTimeout,
      setInterval: before.setInterval,
      clearTimeout: before.clearTimeout,
      clearInterval: before.clearInterval,
    });
    expect([Date.now, performance.now]).toEqual([before.now, before.performance]);
  });
});
