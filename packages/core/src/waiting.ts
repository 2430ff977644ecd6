import { type Clock, startTimer, systemClock } from "./clock.ts";

export { SerialQueue } from "./serial-queue.ts";

/** Options of {@link waitAtMost}. */
export interface WaitOptions<L> {
  /** Milliseconds after which the wait ends; no limit if `undefined`. */
  limit: number | undefined;
  /** Called if the limit passes. The wait resolves with what it returns, or rejects with what it throws. */
  onLimit: () => L;
  /** @default systemClock */
  clock?: Clock | undefined;
  /** Ends the wait if it aborts: the wait rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Whether the timer holds the process open. @default false */
  keepAlive?: boolean | undefined;
}

/**
 * Waits for a promise, but no longer than a limit, and no longer than until a signal aborts.
 *
 * The work behind the promise goes on: only the wait ends. If the promise rejects after that, the rejection is ignored. No
 * timer and no listener is left once the wait has ended.
 *
 * @throws TypeError (as a rejection) if `limit` is not a number
 * @example
 * ```ts
 * import { waitAtMost } from "@seaworthy/core/waiting";
 * const never = new Promise<string>(() => {});
 * console.log(await waitAtMost(never, { limit: 10, onLimit: () => "too late", keepAlive: true })); // too late
 * ```
 */
export function waitAtMost<T, L = never>(promise: T | PromiseLike<T>, options: WaitOptions<L>): Promise<T | L> {
  const { limit, onLimit, clock = systemClock, signal, keepAlive = false } = options;
  return new Promise((resolve, reject) => {
    let cancel: (() => void) | undefined;
    const leave = (): void => {
      cancel?.();
      signal?.removeEventListener("abort", onAbort);
    };
    const onAbort = (): void => {
      leave();
      reject(signal?.reason);
    };
    const expire = (): void => {
      leave();
      try {
        resolve(onLimit());
      } catch (error) {
        reject(error);
      }
    };
    Promise.resolve(promise).then(
      (value) => {
        leave();
        resolve(value);
      },
      (error: unknown) => {
        leave();
        reject(error);
      },
    );
    if (signal?.aborted === true) return onAbort();
    if (limit !== undefined) cancel = startTimer(clock, limit, expire, { keepAlive });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
