import { type Clock, startTimer } from "@seaworthy/core";

/** How a wait ended: with the promise, or with its limit. */
export type Within<T> = { done: true; value: T } | { done: false };

/**
 * Waits for `promise`, but no longer than `limit` milliseconds. Rejects when the promise does within the limit; a later
 * rejection goes nowhere. The timer holds the process: without it, a service whose last handle is gone would end in the
 * middle of its shutdown.
 */
export function within<T>(clock: Clock, promise: Promise<T>, limit: number): Promise<Within<T>> {
  return new Promise((resolve, reject) => {
    const cancel = startTimer(clock, limit, () => resolve({ done: false }), { keepAlive: true });
    promise.then(
      (value) => {
        cancel();
        resolve({ done: true, value });
      },
      (error) => {
        cancel();
        reject(error);
      },
    );
  });
}

/** One turn of the event loop, in which the platform hands over connections that are already complete. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
