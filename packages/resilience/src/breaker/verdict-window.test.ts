import { manualClock } from "@seaworthy/core/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { VerdictWindow } from "./verdict-window.ts";

const SLICES = 10;

/** What a window of ten slices holds, written as plainly as can be. */
class PlainWindow {
  #samples: { slice: number; failed: boolean }[] = [];
  #origin = 0;
  readonly #slice: number;

  constructor(window: number) {
    this.#slice = window / SLICES;
  }

  at(now: number): { calls: number; failures: number } {
    const current = Math.floor((now - this.#origin) / this.#slice + 1e-6);
    this.#samples = this.#samples.filter(({ slice }) => current - slice < SLICES);
    return { calls: this.#samples.length, failures: this.#samples.filter(({ failed }) => failed).length };
  }

  add(now: number, failed: boolean): void {
    if (this.at(now).calls === 0) this.#origin = now;
    this.#samples.push({ slice: Math.floor((now - this.#origin) / this.#slice + 1e-6), failed });
  }
}

test("the window counts what a plain one counts, and trips when the plain one would", async () => {
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.boolean() },
    { weight: 2, arbitrary: fc.integer({ min: 1, max: 2500 }) },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 40, size: "max" }),
      fc.constantFrom(1000, 77, 333),
      fc.constantFrom(0.1, 0.3, 0.5, 1),
      fc.integer({ min: 1, max: 8 }),
      async (steps, window, rate, minimumCalls) => {
        const clock = manualClock();
        const real = new VerdictWindow({ name: "w", rate, minimumCalls, window, clock });
        const plain = new PlainWindow(window);
        for (const what of steps) {
          if (typeof what === "number") {
            await clock.advance(what);
          } else {
            plain.add(clock.monotonic(), !what);
            const { calls, failures } = plain.at(clock.monotonic());
            if (what) real.succeeded();
            else expect(real.failed()).toBe(calls >= minimumCalls && failures / calls >= rate - 1e-9);
          }
          expect(real.counts()).toEqual(plain.at(clock.monotonic()));
        }
        real.clear();
        expect(clock.pending).toBe(0);
      },
    ),
    { numRuns: 60 },
  );
});

test("all windows with equal slices share one timer, and with nothing to expire there is none", async () => {
  const clock = manualClock();
  const windows = Array.from(
    { length: 50 },
    () => new VerdictWindow({ name: "w", rate: 0.5, minimumCalls: 5, window: 1000, clock }),
  );
  expect(clock.pending).toBe(0);
  for (const window of windows) window.succeeded();
  expect(clock.pending).toBe(1);
  await clock.advance(999);
  expect(windows.every((window) => window.counts().calls === 1)).toBe(true);
  await clock.advance(1);
  expect(windows.every((window) => window.counts().calls === 0)).toBe(true);
  expect(clock.pending).toBe(0);
});

test("a timer that comes late moves the window by all that has passed", () => {
  let now = 0;
  let fire: (() => void) | undefined;
  const clock = {
    now: () => now,
    monotonic: () => now,
    schedule: (callback: () => void) => {
      fire = callback;
      return () => undefined;
    },
  };
  const window = new VerdictWindow({ name: "w", rate: 1, minimumCalls: 100, window: 1000, clock });
  for (let i = 0; i < 5; i++) window.failed();
  now = 950;
  window.succeeded();
  expect(window.counts()).toEqual({ calls: 6, failures: 5 });
  now = 60_000;
  fire?.();
  expect(window.counts()).toEqual({ calls: 0, failures: 0 });
});

test("counts of an earlier life are restored", () => {
  const window = new VerdictWindow({ name: "w", rate: 0.5, minimumCalls: 10, window: 1000, clock: manualClock() });
  window.restore({ calls: 9, failures: 4 });
  expect(window.counts()).toEqual({ calls: 9, failures: 4 });
  expect(window.failed()).toBe(true);
});
