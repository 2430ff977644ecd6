import { type Clock, currentContext, remainingTime } from "@seaworthy/core";
import { checkOptions, showValue, signalOption } from "@seaworthy/core/options";
import type { Call, Operation, Runner, RunOptions } from "../call.ts";
import { onAbort } from "./abort-hub.ts";
import { ExitFrame, type ExitHandler, unwind } from "./exit-frames.ts";
import { GuardedCall } from "./guarded-call.ts";
import { invoke, timeoutError } from "./invoke.ts";
import { detached, type Layer, type Next } from "./layer.ts";
import { optionalFlag } from "./options.ts";
import { runFrame } from "./report-run.ts";
import { surroundingCall } from "./surrounding-call.ts";

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
  return new BuiltPipeline(name, clock, layers);
}

/** The chain is built when the first call needs it: most breakers and bulkheads are only ever used within a policy. */
class BuiltPipeline implements Pipeline {
  readonly name: string;
  readonly clock: Clock;
  readonly layers: readonly Layer[];
  #chain: Next | undefined = undefined;

  constructor(name: string, clock: Clock, layers: readonly Layer[]) {
    this.name = name;
    this.clock = clock;
    this.layers = layers;
  }

  get chain(): Next {
    this.#chain ??= this.layers.reduceRight<Next>((next, layer, index) => layer(next, index === 0), invoke);
    return this.#chain;
  }
}

/** Lets `compose` take a runner of ours detached, so that it costs no more than a policy. */
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
  return (next) => detached((call) => runForeign(runner, call, next));
}

async function runForeign(runner: Runner, call: GuardedCall, next: Next): Promise<unknown> {
  const child = call.derive(true);
  let unlink: (() => void) | undefined;
  try {
    return await runner.run(
      // A guard of the host's may have no signal of its own to hand down; the call's own reaches the child all the same.
      (inner: Partial<Call> | undefined) => {
        if (inner?.signal !== undefined) unlink ??= onAbort(inner.signal, (reason) => child.abort(reason));
        return next(child, undefined);
      },
      { signal: call.signal },
    );
  } finally {
    unlink?.();
    call.drop(child);
  }
}

/**
 * Runs an operation through the pipeline, bound to the caller's signal and to the context's deadline and signal. Never
 * throws; bad arguments are a rejection.
 */
export function startRun<T>(pipeline: Pipeline, operation: Operation<T>, options?: RunOptions): Promise<T> {
  try {
    return runPrepared(pipeline, prepare(pipeline, operation, options), options) as Promise<T>;
  } catch (error) {
    return Promise.reject(error);
  }
}

/** The root call of a run. Bad arguments are a `TypeError` here, thrown. */
export function prepare(pipeline: Pipeline, operation: Operation<unknown>, options?: RunOptions): GuardedCall {
  if (typeof operation !== "function")
    throw new TypeError(`${pipeline.name}: the operation must be a function; got ${showValue(operation)}`);
  const call = new GuardedCall(operation, pipeline.name, pipeline.clock, undefined);
  if (options !== undefined) {
    checkOptions(pipeline.name, options, RUN_OPTIONS);
    signalOption("signal", options.signal);
    optionalFlag("idempotent", options.idempotent);
    call.idempotent = options.idempotent !== false;
  }
  return call;
}

/** Runs a prepared call. */
export function runPrepared(pipeline: Pipeline, call: GuardedCall, options?: RunOptions): Promise<unknown> {
  const exit = runFrame(call);
  const context = currentContext();
  const own = options?.signal;
  const outer = context.signal;
  const around = surroundingCall();
  if (own === undefined && outer === undefined && around === undefined && context.deadline === undefined)
    return pipeline.chain(call, exit);
  if (own?.aborted) return endedBefore(call, own.reason, exit);
  if (outer?.aborted) return endedBefore(call, outer.reason, exit);
  if (around?.aborted) return endedBefore(call, around.reason, exit);
  if (context.deadline !== undefined) {
    const left = remainingTime(call.clock);
    if (left <= 0) return unwind(Promise.reject(timeoutError(call.name, 0)), exit);
    call.dueAt = call.clock.monotonic() + left;
  }
  if (own === undefined && outer === undefined && around === undefined) return pipeline.chain(call, exit);
  call.abortable = true;
  around?.adopt(call);
  // A signal of another realm cannot be joined; it aborts the call all the same, until the operation has ended.
  const native = [own, outer].filter((signal): signal is AbortSignal => signal instanceof AbortSignal);
  if (native.length > 0) call.note().callerSignals = native;
  const abort = (reason: unknown): void => call.abort(reason);
  const links: Links = [
    own === undefined ? undefined : onAbort(own, abort),
    outer === undefined || outer === own ? undefined : onAbort(outer, abort),
    around === undefined ? undefined : () => around.release(call),
  ];
  return pipeline.chain(call, new ExitFrame(UNLINK, call, links, exit));
}

/** The run of a call whose caller had left before it began. */
function endedBefore(call: GuardedCall, reason: unknown, exit: ExitFrame | undefined): Promise<unknown> {
  call.abort(reason);
  return unwind(Promise.reject(reason), exit);
}

type Links = readonly ((() => void) | undefined)[];

function unlink(_call: GuardedCall, _outcome: unknown, links: Links): undefined {
  for (const end of links) end?.();
}

const UNLINK: ExitHandler<Links> = { onReturn: unlink, onThrow: unlink };
