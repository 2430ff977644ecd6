import { workersGauge } from "../../telemetry.ts";
import type { WorkerStatus } from "../../workers.ts";

const STATES: readonly WorkerStatus["state"][] = ["starting", "ready", "stopping"];

/** Lets metrics read how many workers there are, for as long as their primary exists. */
export function trackWorkers(primary: { list(): readonly WorkerStatus[] }): void {
  const ref = new WeakRef(primary);
  for (const state of STATES)
    workersGauge.track(
      { state },
      () =>
        ref
          .deref()
          ?.list()
          .filter((worker) => worker.state === state).length,
    );
}
