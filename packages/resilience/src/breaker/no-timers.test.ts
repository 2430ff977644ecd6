import { manualClock } from "@seaworthy/core/testing";
import { afterEach, expect, test, vi } from "vitest";
import type { BreakerWindow } from "./breaker.ts";
import { createBreaker } from "./create-breaker.ts";

afterEach(() => void vi.restoreAllMocks());

const windows: BreakerWindow[] = ["10s", { calls: 10 }, { consecutive: 3 }];
test.each(windows)("a breaker with the window %j sets no interval, and neither does opossum", async (window) => {
  const intervals = vi.spyOn(globalThis, "setInterval");
  const breaker = createBreaker({ name: "b", window, clock: manualClock() });
  for (let n = 0; n < 3; n++) await breaker.run(async () => n);
  await breaker.run(() => Promise.reject(new Error("no"))).catch(() => undefined);
  expect(intervals).not.toHaveBeenCalled();
  breaker.dispose();
});

test("the last error of a breaker is one that counts as a failure", async () => {
  const breaker = createBreaker({
    name: "b",
    window: { calls: 4 },
    minimumCalls: 2,
    clock: manualClock(),
    isFailure: (error) => error instanceof RangeError,
  });
  await breaker.run(() => Promise.reject(new RangeError("counts"))).catch(() => undefined);
  await breaker.run(() => Promise.reject(new TypeError("does not count"))).catch(() => undefined);
  await breaker.run(async () => "fine");
  expect(breaker.state).toBe("open");
  expect(breaker.opening?.lastError).toMatchObject({ message: "counts" });
  breaker.dispose();
});
