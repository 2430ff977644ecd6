/** What a window holds. */
export interface WindowCounts {
  readonly calls: number;
  readonly failures: number;
  readonly slow: number;
}

/** What one slice of time, or a run of calls, holds: calls, failures, slow calls. */
export type Sample = readonly [calls: number, failures: number, slow: number];

/** What a window holds, for a snapshot: samples with their age, newest first. */
export interface WindowSnapshot {
  /** Milliseconds per sample; 0 where age is counted in calls. */
  readonly slice: number;
  readonly samples: readonly Sample[];
}

/** The ended calls that a breaker judges by. Its own counts are those of the time when the last call was recorded. */
export interface VerdictWindow extends WindowCounts {
  record(failed: boolean, slow: boolean): void;
  /** What it holds now. */
  counts(): WindowCounts;
  clear(): void;
  snapshot(): WindowSnapshot;
  /** Takes a snapshot's samples, which were taken `passed` milliseconds ago. */
  restore(snapshot: WindowSnapshot, passed: number): void;
}

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
