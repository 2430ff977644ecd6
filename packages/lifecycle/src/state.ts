/** Where a service is in its life. It begins with `starting`, and never goes back. */
export type LifecycleState = "starting" | "ready" | "draining" | "stopped" | "failed";

/** A change of state. */
export interface StateChange {
  readonly state: LifecycleState;
  readonly previous: LifecycleState;
  /** What brought it about: a signal's name, what `stop()` was given, what failed. */
  readonly reason: string;
}
