import type { Clock } from "@seaworthy/core";
import { waitAtMost } from "@seaworthy/core/waiting";
import { errors } from "../errors.ts";
import { resourceStartEvent } from "../telemetry.ts";
import { errorLine, shownTime } from "./describe-cut.ts";

/** A resource or a server, as it is started. */
export interface Startable {
  readonly name: string;
  /** Names of those that must be open before it. @default none */
  readonly after?: readonly string[];
  readonly start?: (signal: AbortSignal) => unknown;
  readonly startTimeout?: number;
}

/** Options of {@link startAll}. */
export interface StartOptions {
  clock: Clock;
  /** Milliseconds that one start may take, unless it has a limit of its own. */
  startTimeout: number;
  /** Milliseconds that the others have to end after one has failed. */
  settleTimeout: number;
  /** Aborts when the service has to stop. */
  signal: AbortSignal;
  /** Aborts if the starts under way have ignored that. They are not awaited any longer. @default never */
  abandoned?: AbortSignal;
  /** Called with each as its start begins. @default nothing */
  onStarting?: (item: Startable) => void;
  /** Called with each as soon as it is open. */
  onStarted: (item: Startable) => void;
}

/**
 * Starts all items, each as soon as those in its `after` are open, and so independent ones at the same time. If one fails,
 * the signals of the others abort, and they are awaited.
 *
 * @throws LIFECYCLE_START_FAILED if one throws or takes too long, with its name and time in the context
 * @throws LIFECYCLE_START_INTERRUPTED if the signal aborts
 */
export async function startAll(items: readonly Startable[], options: StartOptions): Promise<void> {
  const failing = new AbortController();
  const stop = AbortSignal.any([options.signal, failing.signal]);
  let failure: { error: unknown } | undefined;
  const opened = new Map<string, Promise<boolean>>();
  for (const item of items) {
    const before = (item.after ?? []).map((name) => opened.get(name));
    const open = async (): Promise<boolean> => {
      if ((await Promise.all(before)).includes(false) || stop.aborted) return false;
      try {
        await startOne(item, stop, options);
        return true;
      } catch (error) {
        failure ??= { error };
        failing.abort(error);
        return false;
      }
    };
    opened.set(item.name, open());
  }
  const all = Promise.all(opened.values());
  await Promise.race([all, whenAborted(failing.signal)]);
  if (failure !== undefined) {
    const { clock, settleTimeout: limit } = options;
    await waitAtMost(all, { limit, onLimit: () => undefined, clock, keepAlive: true });
    throw failure.error;
  }
  if (options.signal.aborted) throw errors.LIFECYCLE_START_INTERRUPTED();
}

async function startOne(item: Startable, stop: AbortSignal, options: StartOptions): Promise<void> {
  const { clock, startTimeout, signal, abandoned, onStarting, onStarted } = options;
  const began = clock.monotonic();
  const limit = item.startTimeout ?? startTimeout;
  const expiry = new AbortController();
  onStarting?.(item);
  try {
    const opened = (async () => item.start?.(AbortSignal.any([stop, expiry.signal])))();
    const settled = abandoned === undefined ? opened : Promise.race([opened, rejectsWhenAborted(abandoned)]);
    const onLimit = (): never => {
      throw errors.LIFECYCLE_START_TIMEOUT({ resource: item.name, limit });
    };
    await waitAtMost(settled, { limit, onLimit, clock, keepAlive: true });
  } catch (error) {
    const elapsed = clock.monotonic() - began;
    expiry.abort(error);
    const outcome = errors.LIFECYCLE_START_TIMEOUT.is(error) ? "timeout" : "failed";
    // A port in use is reported in one line, without a stack.
    const details = errors.LIFECYCLE_PORT_IN_USE.is(error) ? undefined : { error };
    resourceStartEvent.emit({ resource: item.name, outcome }, elapsed / 1000, details);
    // A start that ends because its signal has aborted is interrupted, and has not failed.
    if (signal.aborted) throw errors.LIFECYCLE_START_INTERRUPTED({ resource: item.name }, { cause: error });
    throw errors.LIFECYCLE_START_FAILED(
      { resource: item.name, elapsed },
      { cause: error, message: failureOf(item.name, elapsed, error) },
    );
  }
  onStarted(item);
  resourceStartEvent.emit({ resource: item.name, outcome: "ok" }, (clock.monotonic() - began) / 1000);
}

function failureOf(name: string, elapsed: number, error: unknown): string {
  if (errors.LIFECYCLE_PORT_IN_USE.is(error)) return (error as Error).message;
  const why = errors.LIFECYCLE_START_TIMEOUT.is(error) ? "it took too long" : errorLine(error);
  return `resource "${name}" did not start (${shownTime(elapsed)}): ${why}`;
}

/** Resolves once the signal aborts. */
function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** Rejects with the signal's reason. */
function rejectsWhenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
}
