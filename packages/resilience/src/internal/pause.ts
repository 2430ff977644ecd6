import { startTimer } from "@seaworthy/core";
import type { GuardedCall } from "./guarded-call.ts";

/**
 * Waits `delay` milliseconds on the call's clock; rejects at once with the reason when the call is aborted, leaving no
 * timer. A delay of 0 waits for the next turn of the event loop, so that a loop of failures cannot starve it.
 */
export function pause(call: GuardedCall, delay: number): Promise<void> {
  if (call.aborted) return Promise.reject(call.reason);
  return new Promise((resolve, reject) => {
    const done = (): void => {
      call.waiter = undefined;
      resolve();
    };
    const cancel = delay > 0 ? startTimer(call.clock, delay, done, { keepAlive: true }) : yieldTurn(done);
    call.waiter = (reason) => {
      cancel();
      reject(reason);
    };
  });
}

/** What the work answers; rejects at once with the reason if the call is aborted before. */
export function unlessAborted<T>(call: GuardedCall, work: Promise<T>): Promise<T> {
  if (call.aborted) return Promise.reject(call.reason);
  return new Promise((resolve, reject) => {
    call.waiter = reject;
    const done = (): void => {
      call.waiter = undefined;
    };
    work.finally(done).then(resolve, reject);
  });
}

function yieldTurn(done: () => void): () => void {
  const immediate = setImmediate(done);
  return () => clearImmediate(immediate);
}
