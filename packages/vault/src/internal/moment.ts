import type { Clock } from "@seaworthy/core";

/** The wall clock as the format holds times: integral milliseconds since the Unix epoch. @throws TypeError if the clock does not return a number */
export function momentOf(clock: Clock): number {
  const now = clock.now();
  if (!Number.isFinite(now)) throw new TypeError(`clock.now must give milliseconds; got ${String(now)}`);
  return Math.max(0, Math.floor(now));
}
