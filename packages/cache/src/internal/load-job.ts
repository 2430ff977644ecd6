import { type Clock, runDetached, runWithContext, startSpan } from "@seaworthy/core";
import { waitAtMost } from "@seaworthy/core/waiting";
import type { LoadContext } from "../cache.ts";
import { errors } from "../errors.ts";
import { loadEvent } from "../telemetry.ts";
import type { Counts } from "./counts.ts";

/** What a load is run with. */
export interface LoadJob<V> {
  readonly cache: string;
  readonly clock: Clock;
  readonly counts: Counts;
  readonly hardTimeout: number;
  readonly key: string;
  /** Aborts when the cache is closed. */
  readonly closing: AbortSignal;
  readonly load: (context: LoadContext) => V | Promise<V>;
}

/** What a load has given. */
export interface Loaded<V> {
  readonly value: V;
  /** Milliseconds. */
  readonly time: number;
}

/**
 * Runs a load within its hard timeout, without the deadline and the signal of the request that began it: others wait for it
 * too. Rejects with what the load fails with, or with CACHE_LOAD_TIMEOUT.
 */
export async function runLoad<V>(job: LoadJob<V>): Promise<Loaded<V>> {
  const { cache, clock, counts, hardTimeout, key, closing } = job;
  const started = clock.monotonic();
  const span = startSpan(loadEvent, { clock });
  const own = new AbortController();
  const abort = (): void => own.abort(closing.reason);
  closing.addEventListener("abort", abort, { once: true });
  counts.load.loads++;
  counts.load.pending++;
  const finish = (outcome: string, error?: unknown): number => {
    closing.removeEventListener("abort", abort);
    const time = Math.max(0, clock.monotonic() - started);
    counts.load.pending--;
    counts.load.time += time;
    const details = error === undefined ? undefined : { error };
    span?.end({ cache, outcome }, details);
    if (loadEvent.active) loadEvent.emit({ cache, outcome }, time / 1000, details);
    return time;
  };
  const call = async (): Promise<V> => job.load({ key, signal: own.signal });
  const run = (): Promise<V> => (span === undefined ? call() : runWithContext({ traceparent: span.traceparent }, call));
  try {
    const value = await waitAtMost(runDetached(run), {
      limit: hardTimeout,
      onLimit: () => {
        const error = errors.CACHE_LOAD_TIMEOUT({ cache, timeout: hardTimeout });
        own.abort(error);
        throw error;
      },
      clock,
      signal: own.signal,
      keepAlive: true,
    });
    return { value, time: finish("ok") };
  } catch (error) {
    const isTimeout = errors.CACHE_LOAD_TIMEOUT.is(error) && own.signal.aborted;
    if (isTimeout) counts.load.timeouts++;
    counts.load.errors++;
    finish(isTimeout ? "timeout" : "error", error);
    throw error;
  }
}
