import { isPromise } from "node:util/types";
import type { Clock } from "@seaworthy/core";
import { readMember } from "@seaworthy/core/objects";

/**
 * Runs `fn` and tells `record` how many seconds it took. Of a promise, its end is what counts.
 *
 * A native promise is returned as it is. Another thenable is turned into a promise first, because `then` may start the
 * work (query builders do) and must be called only once.
 */
export function timed<T>(clock: Clock, fn: () => T, record: (seconds: number) => void): T {
  const start = clock.monotonic();
  const done = (): void => record(Math.max(0, clock.monotonic() - start) / 1000);
  let result: T;
  try {
    result = fn();
  } catch (error) {
    done();
    throw error;
  }
  const promise = isPromise(result) ? result : isThenable(result) ? Promise.resolve(result) : undefined;
  if (promise === undefined) {
    done();
    return result;
  }
  promise.then(done, done);
  return promise as T;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  // If reading it throws, the caller will meet that exception itself.
  return typeof readMember(value, "then") === "function";
}
