import { type Clock, type Duration, startTimer, toMilliseconds } from "@seaworthy/core";
import { checkOptions } from "@seaworthy/core/options";

/** When to turn requests away. */
export interface ShedOptions {
  /** Event-loop delay, measured while requests arrive, from which on they are refused; at least 1 ms. @default "500ms" */
  delay?: Duration;
  /** What `Retry-After` says. @default "1s" */
  retryAfter?: Duration;
}

/** Tells whether the event loop is too far behind to take another request. */
export interface Load {
  overloaded(): boolean;
  readonly retryAfter: number;
}

const SAMPLE_EVERY = 50;
// After so many samples without a request the sampling stops, so that an idle service owns no timer.
const IDLE_SAMPLES = 20;

/** @throws TypeError if a duration is malformed */
export function createLoad(options: ShedOptions, clock: Clock): Load {
  checkOptions("shed", options, ["delay", "retryAfter"]);
  const threshold = toMilliseconds(options.delay ?? "500ms", "shed.delay");
  const retryAfter = toMilliseconds(options.retryAfter ?? "1s", "shed.retryAfter");
  if (!(threshold >= 1)) throw new TypeError(`shed.delay must be at least 1 ms; got ${threshold}`);
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
  return {
    retryAfter,
    overloaded() {
      idle = 0;
      if (due === undefined) {
        delay = 0;
        arm();
        return false;
      }
      // A sample that is overdue is itself the measure of how far behind the loop is.
      return Math.max(delay, clock.monotonic() - due) >= threshold;
    },
  };
}
