import { type Clock, startTimer } from "@seaworthy/core";
import { checkOptions, finiteNumber, positiveDuration, requiredFunction, withDefault } from "@seaworthy/core/options";
import type { PollOptions } from "../health.ts";

const OPTIONS = ["every", "jitter", "random"];

/** {@link PollOptions}, of which any may be missing. */
type Given = { readonly [K in keyof PollOptions]: PollOptions[K] | undefined };

/**
 * The options of polling, checked, with defaults and in milliseconds.
 *
 * @throws TypeError if an option is unknown or out of bounds
 */
export function pollOptions(owner: string, options: Given): Required<PollOptions> & { readonly every: number } {
  checkOptions(owner, options, OPTIONS);
  return {
    every: positiveDuration(`${owner}: every`, options.every),
    jitter: finiteNumber(`${owner}: jitter`, withDefault(options.jitter, 0.1), 0, 1),
    random: requiredFunction(`${owner}: random`, withDefault(options.random, Math.random)),
  };
}

/** Calls `run` again and again, each time after the one before has ended. Returns a function that stops this. */
export function startPolling(options: PollOptions, clock: Clock, run: () => Promise<unknown>): () => void {
  const { every, jitter, random } = pollOptions("poll", options);
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
