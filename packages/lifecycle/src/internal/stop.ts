import type { Clock } from "@seaworthy/core";
import { waitAtMost } from "@seaworthy/core/waiting";
import type { Cut } from "../cut.ts";
import { resourceStopEvent } from "../telemetry.ts";
import type { Resource } from "./resources.ts";

/** Options of {@link stopAll}. */
export interface StopOptions {
  clock: Clock;
  /** Milliseconds that one close may take, unless it has a limit of its own. */
  closeTimeout: number;
  /** When everything has to be over, on the monotonic clock. */
  end: number;
  onCut: (cut: Cut) => void;
}

/**
 * Closes the resources, each as soon as those that depend on it are closed, and so independent ones at the same time.
 * Each has its own limit, and never more than its share of the time that is left, so that the last one is closed before
 * the end, whatever the others do. Never rejects.
 */
export async function stopAll(started: readonly Resource[], options: StopOptions): Promise<void> {
  const byName = new Map(started.map((resource) => [resource.name, resource]));
  const closed = new Map<string, Promise<void>>();
  const close = (resource: Resource): Promise<void> => {
    const known = closed.get(resource.name);
    if (known !== undefined) return known;
    const users = started.filter(({ after }) => after.includes(resource.name));
    const closing = Promise.all(users.map(close)).then(() => {
      const share = Math.max(0, options.end - options.clock.monotonic()) / turnsOf(resource, byName);
      return stopOne(resource, Math.min(resource.closeTimeout ?? options.closeTimeout, share), options);
    });
    closed.set(resource.name, closing);
    return closing;
  };
  await Promise.all(started.map(close));
}

/** How many closes follow each other, from this resource to the last one that it depends on. */
function turnsOf({ after }: Resource, open: ReadonlyMap<string, Resource>): number {
  const below = after.flatMap((name) => open.get(name) ?? []).map((resource) => turnsOf(resource, open));
  return 1 + Math.max(0, ...below);
}

async function stopOne(resource: Resource, limit: number, { clock, onCut }: StopOptions): Promise<void> {
  if (resource.stop === undefined) return;
  const began = clock.monotonic();
  const expiry = new AbortController();
  let outcome: "ok" | "failed" | "timeout" = "ok";
  let failure: unknown;
  try {
    const closed = (async () => resource.stop?.(expiry.signal))();
    const onLimit = (): void => {
      outcome = "timeout";
    };
    await waitAtMost(closed, { limit, onLimit, clock, keepAlive: true });
  } catch (error) {
    outcome = "failed";
    failure = error ?? new Error(`it was rejected with ${String(error)}`);
  }
  const after = clock.monotonic() - began;
  const facts = failure === undefined ? undefined : { error: failure };
  resourceStopEvent.emit({ resource: resource.name, outcome }, after / 1000, facts);
  if (outcome === "ok") return;
  expiry.abort(new Error(`the close of ${JSON.stringify(resource.name)} took too long`));
  onCut({ kind: "resource", name: resource.name, after, ...facts });
}
