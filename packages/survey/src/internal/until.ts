import { setTimeout as pause } from "node:timers/promises";

const POLL = 25;

/** Asks again and again until the answer is yes. Resolves with the milliseconds that it took, or `undefined` after `limit`. */
export async function until(
  check: () => boolean | Promise<boolean>,
  limit: number,
  poll: number = POLL,
): Promise<number | undefined> {
  const begun = performance.now();
  for (;;) {
    if (await check()) return performance.now() - begun;
    if (performance.now() - begun > limit) return undefined;
    await pause(poll);
  }
}

/** Resolves with the value, or with `undefined` after `limit` milliseconds. */
export async function within<T>(limit: number, promise: Promise<T>): Promise<T | undefined> {
  const { promise: over, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), limit);
  try {
    return await Promise.race([promise, over]);
  } finally {
    clearTimeout(timer);
  }
}
