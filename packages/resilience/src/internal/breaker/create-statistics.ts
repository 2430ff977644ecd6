import { creationScope } from "../creation-scope.ts";
import { ConsecutiveWindow, CountWindow } from "./count-window.ts";
import { OpossumStatistics } from "./opossum-statistics.ts";
import type { BreakerNumbers } from "./plan.ts";
import type { RestorableStatistics, RollingStatistics } from "./rolling-statistics.ts";
import { TimeWindow } from "./time-window.ts";

/**
 * Creates the statistics of a breaker that begins without any calls. opossum's `Status` keeps those of a time window. It has
 * no count of slow calls and takes about 3 kB, so breakers that count slow calls and breakers by key have a smaller ring.
 */
export function createStatistics(numbers: BreakerNumbers): RollingStatistics {
  const { windowKind, windowSize, clock, slowAfter } = numbers;
  const countsSlow = slowAfter !== Number.POSITIVE_INFINITY;
  if (windowKind !== "time" || countsSlow || creationScope().keyed) return createRestorableStatistics(numbers);
  return new OpossumStatistics(clock, windowSize);
}

/** Creates statistics that can take the samples of a snapshot with their age, which opossum's `Status` cannot. */
export function createRestorableStatistics({ windowKind, windowSize, clock }: BreakerNumbers): RestorableStatistics {
  if (windowKind === "consecutive") return new ConsecutiveWindow();
  return windowKind === "calls" ? new CountWindow(windowSize) : new TimeWindow(clock, windowSize);
}
