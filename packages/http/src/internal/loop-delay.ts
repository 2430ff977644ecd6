import { type Clock, startTimer, systemClock } from "@seaworthy/core";

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

/** Milliseconds that the event loop has waited for events since the process started; 0 where it is not known. */
const idleTime = (): number => performance.nodeTiming?.idleTime ?? 0;

/**
 * Measures the delay of the event loop while requests arrive.
 *
 * A loop that is busy does not wait for events past the time of a timer. If it has done so, the whole process did not run:
 * it was frozen between two invocations of a function, suspended with its machine, or paused with its container. That
 * time says nothing about the load, and the first request afterwards must not be refused because of it.
 *
 * @param idle - milliseconds that the loop has waited for events. @default those of the process, with the system clock
 */
export function loopDelay(clock: Clock, idle: () => number = clock === systemClock ? idleTime : () => 0): LoopDelay {
  let delay = 0;
  let idleSamples = IDLE_SAMPLES;
  let due: number | undefined;
  let idleWhenArmed = 0;
  const overdue = (since: number): number => {
    const late = clock.monotonic() - since;
    if (late <= 0) return 0;
    const frozen = Math.max(0, idle() - idleWhenArmed - SAMPLE_EVERY);
    return Math.max(0, late - frozen);
  };
  const sample = (): void => {
    delay = overdue(due as number);
    idleSamples++;
    due = undefined;
    if (idleSamples < IDLE_SAMPLES) arm();
  };
  const arm = (): void => {
    due = clock.monotonic() + SAMPLE_EVERY;
    idleWhenArmed = idle();
    startTimer(clock, SAMPLE_EVERY, sample);
  };
  // A sample that is overdue is itself the measure of how far behind the loop is.
  const peek = (): number => (due === undefined ? 0 : Math.max(delay, overdue(due)));
  return {
    peek,
    touch() {
      idleSamples = 0;
      if (due !== undefined) return peek();
      delay = 0;
      arm();
      return 0;
    },
  };
}
