import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { manualClock } from "./testing.ts";
import { waitAtMost } from "./waiting.ts";

const late = (): string => "late";
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function countingClock() {
  const clock = manualClock();
  let waiting = 0;
  const seen: unknown[] = [];
  return {
    ...clock,
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    advance: (by: number) => clock.advance(by),
    schedule(callback: () => void, delay: number, options?: { keepAlive?: boolean }) {
      waiting++;
      seen.push(options?.keepAlive);
      const cancel = clock.schedule?.(callback, delay, options);
      return () => {
        if (waiting > 0) waiting--;
        cancel?.();
      };
    },
    waiting: () => waiting,
    seen,
  };
}

describe("waitAtMost", () => {
  test("resolves with the value of a promise that settles in time, and leaves no timer", async () => {
    const clock = countingClock();
    await expect(waitAtMost(Promise.resolve(7), { limit: 100, onLimit: late, clock })).resolves.toBe(7);
    expect(clock.waiting()).toBe(0);
  });
  test("takes a value and a foreign thenable as well", async () => {
    // biome-ignore lint/suspicious/noThenProperty: a promise of another library is a thenable
    const thenable = { then: (resolve: (value: number) => void) => resolve(8) } as PromiseLike<number>;
    await expect(waitAtMost(7, { limit: 100, onLimit: late, clock: manualClock() })).resolves.toBe(7);
    await expect(waitAtMost(thenable, { limit: 100, onLimit: late, clock: manualClock() })).resolves.toBe(8);
  });
  test("rejects as the promise does, and leaves no timer", async () => {
    const clock = countingClock();
    const failing = Promise.reject(new Error("no"));
    await expect(waitAtMost(failing, { limit: 100, onLimit: late, clock })).rejects.toThrow("no");
    expect(clock.waiting()).toBe(0);
  });
  test("ends at the limit, not before it, with what onLimit returns", async () => {
    const clock = countingClock();
    let ended: unknown;
    const wait = waitAtMost(new Promise<string>(() => undefined), { limit: 100, onLimit: late, clock });
    void wait.then((value) => {
      ended = value;
    });
    await clock.advance(99);
    expect(ended).toBeUndefined();
    await clock.advance(1);
    expect(ended).toBe("late");
    expect(clock.waiting()).toBe(0);
  });
  test("rejects with what onLimit throws", async () => {
    const clock = manualClock();
    const onLimit = (): never => {
      throw new RangeError("too late");
    };
    const wait = waitAtMost(new Promise<never>(() => undefined), { limit: 1, onLimit, clock });
    const checked = expect(wait).rejects.toThrow(RangeError);
    await clock.advance(1);
    await checked;
  });
  test("ignores a rejection that comes after the limit", async () => {
    const clock = manualClock();
    const { promise, reject } = Promise.withResolvers<never>();
    const wait = waitAtMost(promise, { limit: 1, onLimit: late, clock });
    await clock.advance(1);
    await expect(wait).resolves.toBe("late");
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => void unhandled.push(error);
    process.on("unhandledRejection", note);
    reject(new Error("no caller waits"));
    await turn();
    process.off("unhandledRejection", note);
    expect(unhandled).toEqual([]);
  });
  test("rejects with the reason of a signal, and leaves neither timer nor listener", async () => {
    const clock = countingClock();
    const controller = new AbortController();
    const { signal } = controller;
    const wait = waitAtMost(new Promise<never>(() => undefined), { limit: 100, onLimit: late, clock, signal });
    const checked = expect(wait).rejects.toThrow("stop");
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    controller.abort(new Error("stop"));
    await checked;
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
    expect(clock.waiting()).toBe(0);
  });
  test("leaves no listener on the signal when the promise settles or the limit passes", async () => {
    const { signal } = new AbortController();
    const clock = manualClock();
    await waitAtMost(Promise.resolve(1), { limit: 5, onLimit: late, clock, signal });
    const wait = waitAtMost(new Promise<never>(() => undefined), { limit: 5, onLimit: late, clock, signal });
    await clock.advance(5);
    await wait;
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });
  test("starts no timer if the signal has aborted before", async () => {
    const clock = countingClock();
    const signal = AbortSignal.abort(new Error("stopped before"));
    const failing = Promise.reject(new Error("no caller waits"));
    await expect(waitAtMost(failing, { limit: 5, onLimit: late, clock, signal })).rejects.toThrow("stopped before");
    expect(clock.seen).toEqual([]);
  });
  test("starts no timer without a limit", async () => {
    const clock = countingClock();
    await expect(waitAtMost(turn(), { limit: undefined, onLimit: late, clock })).resolves.toBeUndefined();
    expect(clock.seen).toEqual([]);
  });
  test("holds the process open only with keepAlive", async () => {
    const clock = countingClock();
    await waitAtMost(1, { limit: 5, onLimit: late, clock });
    await waitAtMost(1, { limit: 5, onLimit: late, clock, keepAlive: true });
    expect(clock.seen).toEqual([false, true]);
  });
  test("rejects a limit that is not a number", async () => {
    const { signal } = new AbortController();
    await expect(waitAtMost(1, { limit: Number.NaN, onLimit: late, signal })).rejects.toThrow(TypeError);
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });
});
