import { manualClock } from "@seaworthy/core/testing";
import { expect, test } from "vitest";
import { loopDelay } from "./loop-delay.ts";

/** A delay whose loop is busy or waits for as long as the test says. */
function measured() {
  const clock = manualClock();
  const { monotonic } = clock;
  let passed = 0;
  let waited = 0;
  clock.monotonic = () => monotonic() + passed;
  const delay = loopDelay(clock, () => waited);
  return {
    delay,
    busy(milliseconds: number) {
      passed += milliseconds;
    },
    waits(milliseconds: number) {
      passed += milliseconds;
      waited += milliseconds;
    },
    /** Waits for the timer of the sample. */
    sample: () => {
      waited += 50;
      return clock.advance(50);
    },
  };
}

test("a loop that is busy is behind by the time since its sample was due", () => {
  const { delay, busy } = measured();
  expect(delay.touch()).toBe(0);
  busy(40);
  expect(delay.touch()).toBe(0);
  busy(710);
  expect([delay.touch(), delay.peek()]).toEqual([700, 700]);
});

test("a process that was frozen is not behind, whether the request or the sample comes first", async () => {
  const { delay, sample, waits } = measured();
  delay.touch();
  waits(3_600_000);
  expect(delay.touch()).toBe(0);
  await sample();
  expect([delay.peek(), delay.touch()]).toEqual([0, 0]);
});

test("work after a freeze counts, and so does work before it", () => {
  const { delay, busy, waits } = measured();
  delay.touch();
  busy(300);
  waits(60_000);
  busy(400);
  expect(delay.touch()).toBe(700);
});

test("by the clock of the system, a loop that is blocked is behind", async () => {
  const { systemClock } = await import("@seaworthy/core");
  const delay = loopDelay(systemClock);
  delay.touch();
  const end = performance.now() + 300;
  while (performance.now() < end);
  expect(delay.touch()).toBeGreaterThan(150);
});
