import { type Clock, startTimer } from "@seaworthy/core";

/** Waits for work for so many milliseconds at the most. */
export async function settledWithin(clock: Clock, limit: number, work: () => Promise<void>): Promise<void> {
  let cancel: (() => void) | undefined;
  const expired = new Promise<never>((_, reject) => {
    cancel = startTimer(clock, limit, () => reject(new Error(`the sink did not answer within ${limit} ms`)), {
      keepAlive: true,
    });
  });
  try {
    await Promise.race([work(), expired]);
  } finally {
    cancel?.();
  }
}
