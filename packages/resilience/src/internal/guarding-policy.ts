import { withoutUndefined } from "@seaworthy/core/objects";
import { showValue } from "@seaworthy/core/options";
import type { Breaker } from "../breaker/breaker.ts";
import type { Bulkhead } from "../bulkhead/bulkhead.ts";
import type { Operation, RunOptions } from "../call.ts";
import type { PolicyExplanation } from "../explanation.ts";
import type { Outcome, Policy } from "../policy.ts";
import type { RetryBudget } from "../retry-budget.ts";
import { explainLayers } from "./explain.ts";
import type { CallNotes, GuardedCall } from "./guarded-call.ts";
import type { PolicyParts } from "./guards/guard.ts";
import { exposePipeline, type Pipeline, prepare, runPrepared, startRun } from "./pipeline.ts";

/** What `policy` and `compose` return. */
export class GuardingPolicy<F = never> implements Policy<F> {
  readonly name: string;
  readonly breaker: Breaker | undefined;
  readonly bulkhead: Bulkhead | undefined;
  readonly budget: RetryBudget | undefined;
  readonly #pipeline: Pipeline;
  readonly #releases: readonly (() => void)[];

  constructor(pipeline: Pipeline, parts?: PolicyParts) {
    this.name = pipeline.name;
    this.#pipeline = pipeline;
    this.breaker = parts?.breaker;
    this.bulkhead = parts?.bulkhead;
    this.budget = parts?.budget;
    this.#releases = parts?.releases ?? [];
    exposePipeline(this, pipeline);
  }

  run<T>(operation: Operation<T>, options?: RunOptions): Promise<T | F> {
    return startRun<T | F>(this.#pipeline, operation, options);
  }

  wrap(fn: (...args: never[]) => unknown): never {
    if (typeof fn !== "function") throw new TypeError(`${this.name}: wrap takes a function; got ${showValue(fn)}`);
    const run = (operation: Operation<unknown>): Promise<unknown> => this.run(operation);
    const guarded = function guarded(this: unknown, ...args: never[]): Promise<unknown> {
      return run(() => fn.apply(this, args));
    };
    return guarded as never;
  }

  async execute<T>(operation: Operation<T>, options?: RunOptions): Promise<Outcome<T | F>> {
    let call: GuardedCall | undefined;
    try {
      call = prepare(this.#pipeline, operation, options);
      const value = (await runPrepared(this.#pipeline, call, options)) as T | F;
      const { calls: attempts, notes } = call;
      if (notes === undefined) return { ok: true, value, attempts };
      const { tier, replaced } = notes;
      return {
        ok: true,
        value,
        attempts,
        ...withoutUndefined({ tier }),
        ...replaced,
        ...refusals(notes),
      };
    } catch (error) {
      return { ok: false, error, attempts: call?.calls ?? 0, ...refusals(call?.notes) };
    }
  }

  explain(): PolicyExplanation {
    return explainLayers(this.name, this.#pipeline.layers);
  }

  dispose(): void {
    for (const release of this.#releases) release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.dispose();
  }
}

function refusals(notes: CallNotes | undefined): { refused: number } | undefined {
  return notes === undefined || notes.refused === 0 ? undefined : { refused: notes.refused };
}
