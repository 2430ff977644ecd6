import { type Clock, currentContext, remainingTime } from "@seaworthy/core";
import { checkOptions, showValue } from "@seaworthy/core/options";
import type { Operation, Runner, RunOptions } from "../call.ts";
import { onAbort } from "./abort-hub.ts";
import { GuardedCall, type Layer, type Next } from "./guarded-call.ts";
import { invoke, timeoutError } from "./invoke.ts";
import { checkSignal, optionalFlag } from "./options.ts";

/** Layers over {@link invoke}, ready to run. */
export interface Pipeline {
  readonly name: string;
  readonly clock: Clock;
  readonly layers: readonly Layer[];
  readonly chain: Next;
}

const RUN_OPTIONS: readonly string[] = ["signal", "idempotent"];
const pipelines = new WeakMap<object, Pipeline>();

/** Builds a pipeline; the first layer is the outermost. */
export function createPipeline(name: string, clock: Clock, layers: readonly Layer[]): Pipeline {
  return { name, clock, layers, chain: layers.reduceRight<Next>((next, layer) => layer(next), invoke) };
}

/** Lets `compose` take a runner of ours apart, so that it costs no more than a policy. */
export function exposePipeline(runner: Runner, pipeline: Pipeline): void {
  pipelines.set(runner, pipeline);
}

/** The clock of a runner of ours. */
export function clockOf(runner: Runner): Clock | undefined {
  return pipelines.get(runner)?.clock;
}

/** The layers of a runner; one that a host wrote becomes a single layer around its `run`. */
export function layersOf(runner: Runner): readonly Layer[] {
  return pipelines.get(runner)?.layers ?? [foreignLayer(runner)];
}

function foreignLayer(runner: Runner): Layer {
  return (next) => async (call) => {
    const child = call.derive(true);
    let unlink: (() => void) | undefined;
    try {
      return await runner.run(
        (inner) => {
          unlink ??= onAbort(inner.signal, (reason) => child.abort(reason));
          return next(child);
        },
        { signal: call.signal },
      );
    } finally {
      unlink?.();
      call.drop(child);
    }
  };
}

/**
 * Runs an operation through the pipeline, bound to the caller's signal and to the context's deadline and signal. Never
 * throws; bad arguments are a rejection.
 */
export function startRun<T>(pipeline: Pipeline, operation: Operation<T>, options?: RunOptions): Promise<T> {
  let call: GuardedCall;
  try {
    call = prepare(pipeline, operation, options);
  } catch (error) {
    return Promise.reject(error);
  }
  return settle(pipeline, call, options) as Promise<T>;
}

/** The root call of a run. Bad arguments are a `TypeError` here, thrown. */
export function prepare(pipeline: Pipeline, operation: Operation<unknown>, options?: RunOptions): GuardedCall {
  if (typeof operation !== "function")
    throw new TypeError(`${pipeline.name}: the operation must be a function; got ${showValue(operation)}`);
  const call = new GuardedCall(operation, pipeline.name, pipeline.clock, undefined);
  if (options !== undefined) {
    checkOptions(pipeline.name, options, RUN_OPTIONS);
    checkSignal(options.signal);
    optionalFlag("idempotent", options.idempotent);
    call.idempotent = options.idempotent !== false;
  }
  return call;
}

/** Runs a prepared call. */
export function settle(pipeline: Pipeline, call: GuardedCall, options?: RunOptions): Promise<unknown> {
  const context = currentContext();
  const own = options?.signal;
  const outer = context.signal;
  if (own === undefined && outer === undefined && context.deadline === undefined) return pipeline.chain(call);
  if (own?.aborted) return Promise.reject(own.reason);
  if (outer?.aborted) return Promise.reject(outer.reason);
  if (context.deadline !== undefined) {
    const left = remainingTime(call.clock);
    if (left <= 0) return Promise.reject(timeoutError(call.name, 0));
    call.dueAt = call.clock.monotonic() + left;
  }
  if (own === undefined && outer === undefined) return pipeline.chain(call);
  return linked(pipeline, call, own, outer === own ? undefined : outer);
}

async function linked(
  pipeline: Pipeline,
  call: GuardedCall,
  own: AbortSignal | undefined,
  outer: AbortSignal | undefined,
): Promise<unknown> {
  call.abortable = true;
  const abort = (reason: unknown): void => call.abort(reason);
  const unlinkOwn = own === undefined ? undefined : onAbort(own, abort);
  const unlinkOuter = outer === undefined ? undefined : onAbort(outer, abort);
  try {
    return await pipeline.chain(call);
  } finally {
    unlinkOwn?.();
    unlinkOuter?.();
  }
}
