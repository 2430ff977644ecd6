import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createBreaker, policy, retry, withTimeout } from "./index.ts";

const hang = (): Promise<never> => new Promise<never>(() => undefined);
const down = (): Promise<never> => Promise.reject(new Error("down"));
const quiet = (): undefined => undefined;
// A policy of the host's own module, which outlives each of its tests.
const lasting = policy("lasting", {
  timeout: "1s",
  breaker: { minimumCalls: 2, window: "2s", openJitter: 0, openFor: "5s" },
});

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("a call that ends in time leaves no timer, nor do a hundred beside each other", async () => {
  await withTimeout(async () => "done", "1s");
  expect(vi.getTimerCount()).toBe(0);
  await Promise.all(Array.from({ length: 100 }, () => withTimeout(async () => "done", "1s")));
  expect(vi.getTimerCount()).toBe(0);
});

test("calls in steady use leave one timer, for one duration", async () => {
  const guarded = policy("steady", { timeout: "1s" });
  for (let i = 0; i < 3000; i++) await guarded.run(() => "done");
  expect(vi.getTimerCount()).toBe(1);
  await vi.advanceTimersByTimeAsync(1000);
  expect(vi.getTimerCount()).toBe(0);
});

test("timers taken away while calls waited on them keep later calls from nothing", async () => {
  withTimeout(hang, "1s").catch(quiet);
  const cut = lasting.execute(hang);
  vi.useRealTimers(); // here ends a test of the host's, and all its timers with it
  vi.useFakeTimers();
  const late = lasting.execute(hang);
  const seen = vi.fn();
  withTimeout(hang, "1s").catch(seen);
  await vi.advanceTimersByTimeAsync(999);
  expect(seen).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(seen).toHaveBeenCalledOnce();
  expect(await late).toMatchObject({ ok: false, error: { code: "RESILIENCE_TIMEOUT" } });
  expect(await Promise.race([cut, "still waits"])).toBe("still waits");
  lasting.breaker?.reset();
});

test("a breaker's window moves with the timers of the moment", async () => {
  const left = createBreaker({ name: "left behind", minimumCalls: 2, window: "10s" });
  await left.run(down).catch(quiet);
  vi.useRealTimers();
  vi.useFakeTimers();
  const breaker = createBreaker({ name: "next", minimumCalls: 2, window: "10s", openJitter: 0, openFor: "30s" });
  await breaker.run(down).catch(quiet);
  await vi.advanceTimersByTimeAsync(11_000);
  expect([breaker.stats().calls, left.stats().calls]).toEqual([0, 0]);
  for (let i = 0; i < 2; i++) await breaker.run(down).catch(quiet);
  expect(breaker.state).toBe("open");
  await vi.advanceTimersByTimeAsync(30_000);
  expect(breaker.state).toBe("half-open");
  expect(await breaker.run(() => "up")).toBe("up");
  expect(breaker.state).toBe("closed");
});

test("a window outlives a clock that goes back when fake timers take the place of the platform's", async () => {
  let time = 1e9;
  const breaker = createBreaker({ name: "b", window: "10s", clock: { now: () => time, monotonic: () => time } });
  await breaker.run(down).catch(quiet);
  time = 0;
  expect(breaker.stats().calls).toBe(1);
  time = 11_000;
  expect(breaker.stats().calls).toBe(0);
  breaker.dispose();
});

test("the waits of a retry follow fake timers, and none is left", async () => {
  const operation = vi.fn(down);
  const run = retry(operation, { attempts: 3, initialDelay: 100, jitter: "none" }).catch((error: unknown) => error);
  for (const [wait, calls] of [
    [0, 1],
    [99, 1],
    [1, 2],
    [199, 2],
    [1, 3],
  ] as const) {
    await vi.advanceTimersByTimeAsync(wait);
    expect(operation).toHaveBeenCalledTimes(calls);
  }
  expect(await run).toMatchObject({ message: "down" });
  expect(vi.getTimerCount()).toBe(0);
});
