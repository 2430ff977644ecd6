import { type Clock, startTimer } from "@seaworthy/core";

const SAMPLE_EVERY = 50;
// After so many samples without a request the sampling stops, so that an idle service owns no timer.
const IDLE_SAMPLES = 20;

/** How far behind the event loop is, in milliseconds. */
export interface LoopDelay {
  /** Called for each request: starts the sampling, and returns the delay. */
  touch(): number;
  /** Returns the delay without starting anything. */
  peek(): number;
}

/** Measures the delay of the event loop while requests arrive. */
export function loopDelay(clock: Clock): LoopDelay {
  let delay = 0;
  let idle = IDLE_SAMPLES;
  let due: number | undefined;
  const sample = (): void => {
    delay = Math.max(0, clock.monotonic() - (due as number));
    idle++;
    due = undefined;
    if (idle < IDLE_SAMPLES) arm();
  };
  const arm = (): void => {
    due = clock.monotonic() + SAMPLE_EVERY;
    startTimer(clock, SAMPLE_EVERY, sample);
  };
  // A sample that is overdue is itself the measure of how far behind the loop is.
  const peek = (): number => (due === undefined ? 0 : Math.max(delay, clock.monotonic() - due));
  return {
    peek,
    touch() {
      idle = 0;
      if (due !== undefined) return peek();
      delay = 0;
      arm();
      return 0;
    },
  };
}
