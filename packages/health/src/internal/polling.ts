import { type Clock, startTimer } from "@seaworthy/core";
import { checkOptions, finiteNumber, optionalFunction, positiveDuration } from "@seaworthy/core/options";
import type { PollOptions } from "../health.ts";

const OPTIONS = ["every", "jitter", "random"];

/** Calls `run` again and again, each time after the one before has ended. Returns a function that stops this. */
export function startPolling(options: PollOptions, clock: Clock, run: () => Promise<unknown>): () => void {
  checkOptions("poll", options, OPTIONS);
  const every = positiveDuration("poll: every", options.every);
  const { jitter = 0.1, random = Math.random } = options;
  finiteNumber("poll: jitter", jitter, 0, 1);
  optionalFunction("poll: random", random);
  let cancel = (): void => undefined;
  let stopped = false;
  const wait = (): void => {
    if (stopped) return;
    // The timer does not keep the process alive. The mean of the intervals stays `every`.
    cancel = startTimer(clock, every * (1 + jitter * (2 * random() - 1)), () => void run().then(wait, wait));
  };
  // The first round runs at once, but not at the same moment in all processes that start together.
  cancel = startTimer(clock, every * jitter * random(), () => void run().then(wait, wait));
  return () => {
    stopped = true;
    cancel();
  };
}
