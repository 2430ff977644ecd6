import { type Duration, toMilliseconds } from "./duration.ts";
import { showValue } from "./internal/show-value.ts";

/**
 * Time as an injected service. Everything in Seaworthy that reads the time or waits takes `clock?: Clock`.
 *
 * `schedule` is optional so that a pair of functions is already a clock; {@link startTimer} falls back to the
 * platform's timers.
 */
export interface Clock {
  /** Wall-clock time in milliseconds since the Unix epoch. It may jump in either direction. */
  now(): number;
  /** Milliseconds from an arbitrary start, never going back. Durations are measured on this one. */
  monotonic(): number;
  /** Calls `callback` once after `delay` milliseconds. Returns a function that cancels it. */
  schedule?(callback: () => void, delay: number, options?: TimerOptions): () => void;
}

/** Options of {@link startTimer}. */
export interface TimerOptions {
  /** Whether a waiting timer holds the process open. @default false */
  keepAlive?: boolean;
}

// The longest delay that setTimeout takes; beyond it Node fires after 1 ms.
const LONGEST_DELAY = 2_147_483_647;

/** The clock of this machine: `Date.now`, `performance.now` and `setTimeout`, looked up on each call so that fake timers work. */
export const systemClock: Clock = Object.freeze({
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule: scheduleOnPlatform,
});

/**
 * Calls `callback` once after `delay` milliseconds on `clock`. Returns a function that cancels it and may be called again.
 *
 * A delay below 0 counts as 0; one beyond 2^31-1 ms (24.8 days) waits in stages. A waiting timer does not hold the
 * process open unless `keepAlive` says so.
 *
 * @throws TypeError if `delay` is not a number
 */
export function startTimer(clock: Clock, delay: number, callback: () => void, options?: TimerOptions): () => void {
  // Node would fire after 1 ms.
  if (typeof delay !== "number" || Number.isNaN(delay))
    throw new TypeError(`delay must be a number of milliseconds; got ${showValue(delay)}`);
  return clock.schedule === undefined
    ? scheduleOnPlatform(callback, delay, options)
    : clock.schedule(callback, delay, options);
}

function scheduleOnPlatform(callback: () => void, delay: number, options?: TimerOptions): () => void {
  let remaining = delay;
  let timer: NodeJS.Timeout;
  const arm = (): void => {
    const stage = Math.min(remaining, LONGEST_DELAY);
    remaining -= stage;
    timer = setTimeout(remaining > 0 ? arm : callback, stage);
    if (options?.keepAlive !== true) timer.unref();
  };
  arm();
  return () => clearTimeout(timer);
}

/** Options of {@link sleep}. */
export interface SleepOptions extends TimerOptions {
  clock?: Clock;
  /** Ends the wait at once; the promise rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/**
 * Waits for `delay`, a {@link Duration}; a number below 0 counts as 0. If the signal aborts, the promise rejects at once with
 * its reason, and neither a timer nor a listener is left.
 *
 * @throws TypeError if `delay` is not a duration
 */
export function sleep(delay: Duration, options: SleepOptions = {}): Promise<void> {
  const { clock = systemClock, signal } = options;
  const wait = typeof delay === "string" ? toMilliseconds(delay, "delay") : delay;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = (): void => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = startTimer(
      clock,
      wait,
      () => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      },
      options,
    );
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
