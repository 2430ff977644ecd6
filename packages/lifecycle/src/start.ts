import type { Clock } from "@seaworthy/core";
import { errorLine, shownTime } from "./cut.ts";
import { errors } from "./errors.ts";
import { within } from "./internal/within.ts";
import * as telemetry from "./telemetry.ts";

/** What is started: a resource or a server. */
export interface Startable {
  readonly name: string;
  readonly start?: (signal: AbortSignal) => unknown;
  readonly startTimeout?: number;
}

/** Options of {@link startAll}. */
export interface StartOptions {
  clock: Clock;
  /** Milliseconds that one start may take unless it says otherwise. */
  startTimeout: number;
  /** Aborts when the service is told to stop. */
  signal: AbortSignal;
  /** Aborts when the start under way has not heeded that: it is waited for no longer, and no timer with it. @default never */
  abandoned?: AbortSignal;
  /** Called with each as soon as it is open. */
  onStarted: (item: Startable) => void;
}

/**
 * Starts all items one after the other.
 *
 * @throws LIFECYCLE_START_FAILED when one throws or takes too long, with its name and time in the context
 * @throws LIFECYCLE_START_INTERRUPTED when the signal aborts
 */
export async function startAll(items: readonly Startable[], options: StartOptions): Promise<void> {
  for (const item of items) {
    if (options.signal.aborted) throw errors.LIFECYCLE_START_INTERRUPTED();
    await startOne(item, options);
  }
  if (options.signal.aborted) throw errors.LIFECYCLE_START_INTERRUPTED();
}

async function startOne(item: Startable, options: StartOptions): Promise<void> {
  const { clock, startTimeout, signal, abandoned, onStarted } = options;
  const began = clock.monotonic();
  const limit = item.startTimeout ?? startTimeout;
  const expiry = new AbortController();
  try {
    const opened = (async () => item.start?.(AbortSignal.any([signal, expiry.signal])))();
    const settled = abandoned === undefined ? opened : Promise.race([opened, whenAborted(abandoned)]);
    const result = await within(clock, settled, limit);
    if (!result.done) throw errors.LIFECYCLE_START_TIMEOUT({ resource: item.name, limit });
  } catch (error) {
    const elapsed = clock.monotonic() - began;
    expiry.abort(error);
    const outcome = errors.LIFECYCLE_START_TIMEOUT.is(error) ? "timeout" : "failed";
    telemetry.resourceStarted.emit({ resource: item.name, outcome }, elapsed / 1000, { error });
    // A start that gave up because it was told to is an interruption, not a failure.
    if (signal.aborted) throw errors.LIFECYCLE_START_INTERRUPTED({ resource: item.name }, { cause: error });
    const why = outcome === "timeout" ? "it took too long" : errorLine(error);
    const message = `resource "${item.name}" did not start (${shownTime(elapsed)}): ${why}`;
    throw errors.LIFECYCLE_START_FAILED({ resource: item.name, elapsed }, { cause: error, message });
  }
  onStarted(item);
  telemetry.resourceStarted.emit({ resource: item.name, outcome: "ok" }, (clock.monotonic() - began) / 1000);
}

/** Rejects with the signal's reason. */
function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
}
