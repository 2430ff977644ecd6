import type { LifecycleState } from "../state.ts";
import { stateGauge } from "../telemetry.ts";

const STATES: readonly LifecycleState[] = ["starting", "ready", "draining", "stopped", "failed"];

/** Lets metrics read the state of a service for as long as the service exists. */
export function trackState(service: { readonly state: LifecycleState }): void {
  const ref = new WeakRef(service);
  for (const state of STATES) {
    stateGauge.track({ state }, () => {
      const current = ref.deref()?.state;
      return current === undefined ? undefined : Number(current === state);
    });
  }
}
