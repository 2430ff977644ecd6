import type { Gauge } from "@seaworthy/core";
import { creationScope } from "./creation-scope.ts";

/** One gauge of an owner, and how its value is read. */
export interface TrackedValue<T> {
  readonly gauge: Pick<Gauge, "name"> & { track(labels: never, read: () => number | undefined): () => void };
  readonly read: (owner: T) => number;
}

// Ends the tracking of owners that were dropped without being disposed of.
const collected = new FinalizationRegistry<() => void>((stop) => stop());

/**
 * Shows the state of a guard in gauges, without keeping the guard in memory. Returns a function that ends this;
 * `undefined` if gauges are left out here.
 */
export function trackState<T extends object>(
  owner: T,
  labels: Readonly<Record<string, string>>,
  values: readonly TrackedValue<T>[],
): (() => void) | undefined {
  if (!creationScope().gauges) return undefined;
  const reference = new WeakRef(owner);
  const stops = values.map(({ gauge, read }) =>
    gauge.track(labels as never, () => {
      const found = reference.deref();
      return found === undefined ? undefined : read(found);
    }),
  );
  const stop = (): void => {
    for (const end of stops) end();
  };
  collected.register(owner, stop, stop);
  return () => {
    collected.unregister(stop);
    stop();
  };
}
