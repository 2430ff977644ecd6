import { type Clock, systemClock } from "@seaworthy/core";
import { showValue } from "@seaworthy/core/options";

/** The clock given, or the machine's own. */
export function soundClock(clock: Clock | undefined): Clock {
  if (clock === undefined) return systemClock;
  if (typeof clock?.now !== "function" || typeof clock.monotonic !== "function")
    throw new TypeError(`clock must have now() and monotonic(); got ${showValue(clock)}`);
  return clock;
}
