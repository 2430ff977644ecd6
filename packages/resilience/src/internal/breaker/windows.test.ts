import { EventEmitter } from "node:events";
import { manualClock } from "@seaworthy/core/testing";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { createBreaker } from "../../index.ts";
import { ConsecutiveWindow, CountWindow } from "./count-window.ts";
import { OpossumStatistics } from "./opossum-statistics.ts";
import { SLICES } from "./slice-clock.ts";
import { TimeWindow } from "./time-window.ts";

type Verdict = { failed: boolean; slow: boolean };
const verdict = fc.record({ failed: fc.boolean(), slow: fc.boolean() });
const totals = (verdicts: readonly Verdict[]) => ({
  calls: verdicts.length,
  failures: verdicts.filter(({ failed }) => failed).length,
  slow: verdicts.filter(({ slow }) => slow).length,
});
const quiet = (): undefined => undefined;
const down = (): Promise<never> => Promise.reject(new Error("down"));

describe("a time window", () => {
  test.each([
    { Kind: TimeWindow, countsSlow: true },
    { Kind: OpossumStatistics, countsSlow: false },
  ])(
    "of the kind $Kind.name counts what a plain list of calls with their slices counts",
    async ({ Kind, countsSlow }) => {
      const step = fc.oneof(
        { weight: 3, arbitrary: verdict },
        { weight: 2, arbitrary: fc.integer({ min: 1, max: 2500 }) },
      );
      await fc.assert(
        fc.asyncProperty(
          fc.array(step, { maxLength: 40, size: "max" }),
          fc.constantFrom(1000, 77, 333),
          async (steps, length) => {
            const clock = manualClock();
            const window = new Kind(clock, length);
            const slice = length / SLICES;
            let plain: (Verdict & { slice: number })[] = [];
            let origin = 0;
            const current = (): number => Math.floor((clock.monotonic() - origin) / slice + 1e-6);
            for (const what of steps) {
              if (typeof what === "number") await clock.advance(what);
              plain = plain.filter((call) => current() - call.slice < SLICES);
              if (typeof what !== "number") {
                if (plain.length === 0) origin = clock.monotonic();
                const slow = countsSlow && what.slow;
                plain.push({ failed: what.failed, slow, slice: current() });
                window.record(what.failed, slow);
              }
              expect(window.counts()).toEqual(totals(plain));
            }
            window.clear();
            expect(clock.pending).toBe(0);
          },
        ),
        { numRuns: 60 },
      );
    },
  );

  test.each([TimeWindow, OpossumStatistics])("of the kind %o gives its samples with their age", async (Kind) => {
    const clock = manualClock();
    const window = new Kind(clock, 1000);
    window.record(true, false);
    await clock.advance(300);
    window.record(false, false);
    window.record(true, false);
    const empty = [0, 0, 0];
    expect(window.snapshot()).toEqual({ slice: 100, samples: [[2, 1, 0], empty, empty, [1, 1, 0]] });
    await clock.advance(700);
    expect(window.snapshot()).toEqual({ slice: 100, samples: [...Array(7).fill(empty), [2, 1, 0]] });
    await clock.advance(300);
    expect(window.snapshot().samples).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  test("a tick of the clock rotates no window of opossum, however many there are; each rotates when it is used", async () => {
    const clock = manualClock();
    const windows = Array.from({ length: 2000 }, () => new OpossumStatistics(clock, 1000));
    for (const window of windows) window.record(true);
    expect(clock.pending).toBe(1);
    const emit = vi.spyOn(EventEmitter.prototype, "emit");
    await clock.advance(500);
    expect(emit).not.toHaveBeenCalled();
    expect(windows[0]?.counts()).toEqual({ calls: 1, failures: 1, slow: 0 });
    expect(emit).toHaveBeenCalledTimes(5);
    emit.mockRestore();
    for (const window of windows) window.clear();
    expect(clock.pending).toBe(0);
  });

  test("50 000 active windows share one timer, whose tick touches none of them", async () => {
    const clock = manualClock();
    const windows = Array.from({ length: 50_000 }, () => new TimeWindow(clock, 1000));
    expect(clock.pending).toBe(0);
    for (const window of windows) window.record(true, false);
    expect(clock.pending).toBe(1);
    const seen: (string | symbol)[] = [];
    // Every member of a window that a tick would use is seen here.
    const spied = windows[0] as TimeWindow;
    for (const name of ["record", "counts", "clear"] as const) {
      const original = spied[name].bind(spied) as (...args: never[]) => never;
      Object.defineProperty(spied, name, {
        value: (...args: never[]) => {
          seen.push(name);
          return original(...args);
        },
      });
    }
    await clock.advance(2000);
    expect(seen).toEqual([]);
    expect(clock.pending).toBe(0);
    expect(spied.counts()).toEqual({ calls: 0, failures: 0, slow: 0 });
  });

  test("a timer that comes late moves the window by all that has passed", () => {
    let now = 0;
    let fire: (() => void) | undefined;
    const schedule = (callback: () => void) => {
      fire = callback;
      return () => undefined;
    };
    const window = new TimeWindow({ now: () => now, monotonic: () => now, schedule }, 1000);
    for (let i = 0; i < 5; i++) window.record(true, false);
    now = 950;
    window.record(false, false);
    expect(window.counts()).toEqual({ calls: 6, failures: 5, slow: 0 });
    now = 60_000;
    fire?.();
    expect(window.counts()).toEqual({ calls: 0, failures: 0, slow: 0 });
  });

  test("a snapshot keeps the age of its calls, also in a window of another length", async () => {
    const clock = manualClock();
    const window = new TimeWindow(clock, 10_000);
    window.record(true, false);
    await clock.advance(4000);
    for (let i = 0; i < 3; i++) window.record(false, true);
    const taken = JSON.parse(JSON.stringify(window.snapshot()));
    for (const length of [10_000, 20_000]) {
      const restored = new TimeWindow(clock, length);
      restored.restore(taken, 2000);
      expect(restored.counts()).toEqual({ calls: 4, failures: 1, slow: 3 });
      await clock.advance(length - 6000);
      expect(restored.counts()).toEqual({ calls: 3, failures: 0, slow: 3 });
      restored.clear();
    }
  });

  test("snapshots that are taken and restored every second let old failures expire", async () => {
    const clock = manualClock();
    const options = { name: "b", window: "5s", minimumCalls: 10, failureRate: 0.1, clock } as const;
    let breaker = createBreaker(options);
    await breaker.run(down).catch(quiet);
    for (let second = 0; second < 60; second++) {
      await clock.advance("1s");
      breaker.dispose();
      breaker = createBreaker({ ...options, restore: breaker.snapshot() });
    }
    for (let i = 0; i < 12; i++) await breaker.run(() => 1);
    expect(breaker.stats()).toMatchObject({ state: "closed", failures: 0 });
  });
});

test("a count window holds the last so many calls, and a snapshot of it restores them in their order", () => {
  fc.assert(
    fc.property(
      fc.array(verdict, { maxLength: 50 }),
      fc.integer({ min: 1, max: 12 }),
      fc.array(verdict),
      (calls, size, later) => {
        const window = new CountWindow(size);
        for (const { failed, slow } of calls) window.record(failed, slow);
        expect(window.counts()).toEqual(totals(calls.slice(-size)));
        const restored = new CountWindow(size);
        restored.restore(JSON.parse(JSON.stringify(window.snapshot())));
        for (const { failed, slow } of later) restored.record(failed, slow);
        expect(restored.counts()).toEqual(totals([...calls, ...later].slice(-size)));
      },
    ),
  );
});

test("a consecutive window counts an unbroken row, of failures and of slow calls", () => {
  const row = (verdicts: readonly boolean[]): number => verdicts.length - 1 - verdicts.lastIndexOf(false);
  fc.assert(
    fc.property(fc.array(verdict), (calls) => {
      const window = new ConsecutiveWindow();
      for (const { failed, slow } of calls) window.record(failed, slow);
      const failures = row(calls.map(({ failed }) => failed));
      const slow = row(calls.map((call) => call.slow));
      expect(window.counts()).toEqual({ calls: Math.max(failures, slow), failures, slow });
      const restored = new ConsecutiveWindow();
      restored.restore(window.snapshot());
      expect(restored.counts().calls).toBeLessThanOrEqual(window.counts().calls);
    }),
  );
});

describe("a breaker", () => {
  test("with a consecutive window opens at the fifth failure in a row, at any rate of calls", async () => {
    const breaker = createBreaker({ name: "b", window: { consecutive: 5 }, clock: manualClock() });
    for (let i = 0; i < 1000; i++) await breaker.run(() => i);
    for (let i = 0; i < 4; i++) await breaker.run(down).catch(quiet);
    await breaker.run(() => "one success");
    for (let i = 0; i < 4; i++) await breaker.run(down).catch(quiet);
    expect(breaker.state).toBe("closed");
    await breaker.run(down).catch(quiet);
    expect(breaker.opening).toMatchObject({ reason: "failures", failures: 5 });
  });

  test("with a count window judges the last so many calls, however old they are", async () => {
    const clock = manualClock();
    const breaker = createBreaker({ name: "b", window: { calls: 4 }, failureRate: 0.75, clock });
    for (let i = 0; i < 3; i++) {
      await breaker.run(down).catch(quiet);
      await clock.advance("1h");
    }
    expect(breaker.state).toBe("closed");
    await breaker.run(() => 1);
    expect(breaker.state).toBe("open");
    expect(breaker.stats()).toMatchObject({ calls: 4, failures: 3, failureRate: 0.75 });
  });

  test.each([
    [{ window: { calls: 0 } }, "window.calls"],
    [{ window: { consecutive: 1.5 } }, "window.consecutive"],
    [{ window: { calls: 5, consecutive: 5 } }, "window"],
    [{ window: {} }, "window"],
    [{ window: { time: 5 } }, "window"],
    [{ window: { calls: 5 }, minimumCalls: 6 }, "minimumCalls"],
    [{ window: { consecutive: 5 }, failureRate: 0.5 }, "failureRate"],
    [{ window: { consecutive: 5 }, minimumCalls: 5 }, "minimumCalls"],
    [{ restore: { ...createBreaker({ name: "b" }).snapshot(), window: { slice: 1, samples: [[1, 2]] } } }, "samples"],
    [{ restore: { ...createBreaker({ name: "b" }).snapshot(), window: { slice: -1, samples: [] } } }, "slice"],
  ])("refuses %j with a TypeError that names %s", (options, named) => {
    expect(() => createBreaker({ name: "b", ...(options as object) } as never)).toThrow(
      expect.objectContaining({ name: "TypeError", message: expect.stringContaining(named) }),
    );
  });
});
