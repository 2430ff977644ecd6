import { getEventListeners } from "node:events";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type Clock, startTimer, systemClock } from "@seaworthy/core";
import { expect, test } from "vitest";
import { policy } from "../src/index.ts";

const CALLS = 1_000_000;
const PARALLEL = 100;
const SOME_GROWTH = 12_000_000;

/** The system clock, with its timers counted. */
function countingClock() {
  const waiting = new Set<object>();
  const clock: Clock = {
    now: systemClock.now,
    monotonic: systemClock.monotonic,
    schedule(callback, delay, options) {
      const timer = {};
      waiting.add(timer);
      const cancel = startTimer(
        systemClock,
        delay,
        () => {
          waiting.delete(timer);
          callback();
        },
        options,
      );
      return () => {
        waiting.delete(timer);
        cancel();
      };
    },
  };
  return { clock, waiting };
}

function collector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}

test("a million calls, a hundred at a time, leave memory flat and neither a listener nor a timer behind", {
  timeout: 120_000,
}, async () => {
  const collect = collector();
  const { clock, waiting } = countingClock();
  const guarded = policy("soak", {
    timeout: "10m",
    retry: { attempts: 2, initialDelay: 0 },
    breaker: { failureRate: 0.9, window: "1s", slowCall: { duration: "5m" } },
    bulkhead: { concurrency: 60, queue: PARALLEL },
    clock,
  });
  const { signal } = new AbortController();
  const error = new Error("now and then");
  const counts = { ok: 0, failed: 0 };
  let started = 0;
  const client = async (until: number): Promise<void> => {
    while (started < until) {
      const n = ++started;
      const operation = async (): Promise<number> => {
        if (n % 50 === 0) await Promise.reject(error);
        return n;
      };
      const { ok } = await guarded.execute(operation, n % 2 === 0 ? { signal } : undefined);
      counts[ok ? "ok" : "failed"] += 1;
    }
  };
  const clients = (until: number): Promise<unknown> =>
    Promise.all(Array.from({ length: PARALLEL }, () => client(until)));
  await clients(CALLS / 10);
  await new Promise(setImmediate);
  collect();
  const before = process.memoryUsage().heapUsed;
  await clients(CALLS);
  await new Promise(setImmediate);
  collect();
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(SOME_GROWTH);
  expect(counts).toEqual({ ok: CALLS * 0.98, failed: CALLS * 0.02 });
  expect(guarded.bulkhead?.stats()).toMatchObject({ active: 0, queued: 0, rejected: 0 });
  expect(getEventListeners(signal, "abort").length).toBe(0);
  // One for the list of deadlines, one for the rotation: a million calls share them.
  expect(waiting.size).toBeLessThanOrEqual(2);
  guarded.dispose();
  expect(waiting.size).toBeLessThanOrEqual(1);
});
