import type { Clock } from "@seaworthy/core";
import type { Cut } from "./cut.ts";
import { within } from "./internal/within.ts";
import type { Resource } from "./resources.ts";
import * as telemetry from "./telemetry.ts";

/** Options of {@link stopAll}. */
export interface StopOptions {
  clock: Clock;
  /** Milliseconds that one close may take unless it says otherwise. */
  closeTimeout: number;
  /** When all of it has to be over, on the monotonic clock. */
  end: number;
  onCut: (cut: Cut) => void;
}

/**
 * Closes the resources one after the other, last started first. Each gets its own limit, and never more than its share
 * of the time left, so that the last one's turn comes before the end whatever the others do. Never rejects.
 */
export async function stopAll(started: readonly Resource[], options: StopOptions): Promise<void> {
  for (let left = started.length; left > 0; left--) {
    const resource = started[left - 1] as Resource;
    const share = Math.max(0, options.end - options.clock.monotonic()) / left;
    await stopOne(resource, Math.min(resource.closeTimeout ?? options.closeTimeout, share), options);
  }
}

async function stopOne(resource: Resource, limit: number, { clock, onCut }: StopOptions): Promise<void> {
  if (resource.stop === undefined) return;
  const began = clock.monotonic();
  const expiry = new AbortController();
  let outcome: "ok" | "failed" | "timeout" = "ok";
  let failure: unknown;
  try {
    const closed = (async () => resource.stop?.(expiry.signal))();
    if (!(await within(clock, closed, limit)).done) outcome = "timeout";
  } catch (error) {
    outcome = "failed";
    failure = error ?? new Error(`it was rejected with ${String(error)}`);
  }
  const after = clock.monotonic() - began;
  const facts = failure === undefined ? undefined : { error: failure };
  telemetry.resourceStopped.emit({ resource: resource.name, outcome }, after / 1000, facts);
  if (outcome === "ok") return;
  expiry.abort(new Error(`the close of ${JSON.stringify(resource.name)} took too long`));
  onCut({ kind: "resource", name: resource.name, after, ...facts });
}
