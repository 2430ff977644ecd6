import type { Duration } from "@seaworthy/core";

/** How the waits between attempts grow: by doubling, by the first delay each time, not at all, or as a function says. */
export type Backoff = "exponential" | "linear" | "constant" | BackoffFunction;
/** The wait before retry `retry` (1 for the first), after `error`. */
export type BackoffFunction = (retry: number, error: unknown) => Duration;
/** How chance spreads a wait `d`: over 0 to d, over d/2 to d, or not. */
export type Jitter = "full" | "equal" | "none";
