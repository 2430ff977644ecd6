import type { WindowCounts } from "./rolling-statistics.ts";

/** When a window opens the breaker. */
export interface TripRule {
  /** Share of failures, more than 0 and at most 1. */
  readonly failureRate: number;
  readonly slowRate: number;
  /** Calls that must have ended. */
  readonly minimumCalls: number;
}

// Tenths do not add up exactly.
const JUST_BELOW = 1e-9;

/** Whether what a window holds opens the breaker, and why. */
export function tripsOn({ calls, failures, slow }: WindowCounts, rule: TripRule): "failures" | "slow" | undefined {
  if (calls < rule.minimumCalls) return undefined;
  if (failures > 0 && failures / calls >= rule.failureRate - JUST_BELOW) return "failures";
  return slow > 0 && slow / calls >= rule.slowRate - JUST_BELOW ? "slow" : undefined;
}
