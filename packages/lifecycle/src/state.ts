/** The state of a service. The first one is `starting`, and no state comes twice. */
export type LifecycleState = "starting" | "ready" | "draining" | "stopped" | "failed";

/** A change of state. */
export interface StateChange {
  readonly state: LifecycleState;
  readonly previous: LifecycleState;
  /** The name of the signal, the argument of `stop()`, or what failed. */
  readonly reason: string;
}
