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

/**
 * The ended calls that a breaker decides by. The counts of the object itself are those of the time when the last call was
 * recorded. Statistics that hold nothing own no timer.
 */
export interface RollingStatistics extends WindowCounts {
  record(failed: boolean, slow: boolean): void;
  /** What it holds now. */
  counts(): WindowCounts;
  clear(): void;
  snapshot(): WindowSnapshot;
}

/** Statistics that can continue from a snapshot. */
export interface RestorableStatistics extends RollingStatistics {
  /** Takes a snapshot's samples, which were taken `passed` milliseconds ago. */
  restore(snapshot: WindowSnapshot, passed: number): void;
}
