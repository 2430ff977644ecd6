import { afterEach, describe, expect, test, vi } from "vitest";
import { type Clock, sleep, startTimer, systemClock } from "./clock.ts";
import { manualClock } from "./testing.ts";

afterEach(() => vi.useRealTimers());

describe("systemClock", () => {
  test("looks the globals up on each call, so that fake timers hold for it", async () => {
    vi.useFakeTimers({ now: 1000 });
    expect(systemClock.now()).toBe(1000);
    const nap = sleep(500);
    await vi.advanceTimersByTimeAsync(500);
    await expect(nap).resolves.toBeUndefined();
  });

  test("waits in stages where the delay is beyond what a platform timer holds", () => {
    vi.useFakeTimers();
    const fired = vi.fn();
    startTimer(systemClock, 2_147_483_647 + 1000, fired);
    vi.advanceTimersByTime(2_147_483_647 + 999);
    expect(fired).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(fired).toHaveBeenCalledTimes(1);
  });

  test("cancels a long wait in any of its stages", () => {
    vi.useFakeTimers();
    const fired = vi.fn();
    const cancel = startTimer(systemClock, 2_147_483_647 * 2, fired);
    vi.advanceTimersByTime(2_147_483_647 + 5);
    cancel();
    cancel();
    vi.advanceTimersByTime(2_147_483_647 * 2);
    expect(fired).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("startTimer", () => {
  test("uses the platform where a clock has no timers of its own", () => {
    vi.useFakeTimers();
    const pair: Clock = { now: () => 0, monotonic: () => 0 };
    const fired = vi.fn();
    startTimer(pair, 10, fired);
    vi.advanceTimersByTime(10);
    expect(fired).toHaveBeenCalledOnce();
  });
});

describe("sleep", () => {
  test("rejects at once with the reason of a signal that is already aborted, and arms nothing", async () => {
    const clock = manualClock();
    const reason = new Error("enough");
    await expect(sleep(10, { clock, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(clock.pending).toBe(0);
  });

  test("rejects with the signal's reason while waiting and leaves no timer", async () => {
    const clock = manualClock();
    const controller = new AbortController();
    const nap = sleep(10, { clock, signal: controller.signal });
    controller.abort("stop");
    await expect(nap).rejects.toBe("stop");
    expect(clock.pending).toBe(0);
  });

  test("takes a duration as text", async () => {
    const clock = manualClock();
    const nap = sleep("1m30s", { clock });
    await clock.advance("89s");
    expect(clock.pending).toBe(1);
    await clock.advance("1s");
    await nap;
  });

  test.each([Number.NaN, "soon", undefined, null])("refuses the delay %s, which would end at once", async (delay) => {
    await expect(async () => sleep(delay as never)).rejects.toThrow(TypeError);
    await expect(async () => sleep(delay as never)).rejects.toThrow("delay must be");
  });

  test("leaves no listener on a shared signal after it has ended", async () => {
    const clock = manualClock();
    const { signal } = new AbortController();
    const removed = vi.spyOn(signal, "removeEventListener");
    const nap = sleep(10, { clock, signal });
    await clock.advance(10);
    await nap;
    expect(removed).toHaveBeenCalledOnce();
  });
});

describe("manualClock", () => {
  test.each([Number.NaN, "2026-01-01", null, new Date(0)])("refuses to start at %s", (start) => {
    expect(() => manualClock(start as never)).toThrow("start must be a number");
  });

  test("fires timers in order of their time, then of their start", async () => {
    const clock = manualClock();
    const order: string[] = [];
    clock.schedule(() => order.push("b"), 20);
    clock.schedule(() => order.push("a"), 10);
    clock.schedule(() => order.push("c"), 20);
    await clock.advance(20);
    expect(order).toEqual(["a", "b", "c"]);
  });

  test("fires a timer that another timer started within the same advance", async () => {
    const clock = manualClock(0);
    const times: number[] = [];
    clock.schedule(() => clock.schedule(() => times.push(clock.now()), 5), 10);
    await clock.advance("1s");
    expect(times).toEqual([15]);
    expect(clock.now()).toBe(1000);
  });

  test("lets the wall clock jump while monotonic time stands", () => {
    const clock = manualClock(1000);
    clock.jumpTo(-5);
    expect([clock.now(), clock.monotonic()]).toEqual([-5, 0]);
  });
});
