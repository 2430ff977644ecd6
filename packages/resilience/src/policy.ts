import { type Clock, type Duration, runWithContext, systemClock } from "@seaworthy/core";
import { checkOptions, optionalFunction, positiveDuration, showValue, soundClock } from "@seaworthy/core/options";
import type { Breaker, BreakerOptions } from "./breaker/breaker.ts";
import { createBreaker } from "./breaker/create-breaker.ts";
import { type Bulkhead, type BulkheadOptions, createBulkhead } from "./bulkhead/create-bulkhead.ts";
import type { Operation, Runner, RunOptions } from "./call.ts";
import { type HedgeOptions, hedgeLayer, planHedge } from "./hedge.ts";
import { apart, Exit, type Leave } from "./internal/exit.ts";
import { CallView, type GuardedCall, type Layer } from "./internal/guarded-call.ts";
import { isCancelled } from "./internal/invoke.ts";
import { LatencyWindow } from "./internal/latency-window.ts";
import { checkName, optionalFlag } from "./internal/options.ts";
import {
  createPipeline,
  exposePipeline,
  layersOf,
  type Pipeline,
  prepare,
  settle,
  startRun,
} from "./internal/pipeline.ts";
import { timeoutLayer } from "./internal/timeout-layer.ts";
import { retryLayer } from "./retry.ts";
import { type RetryBudget, type RetryBudgetOptions, retryBudget } from "./retry-budget.ts";
import { checkBudget, planRetry, type RetryOptions } from "./retry-options.ts";
import { answer, planOf, prepareTiers, type Tier, type TierPlan, type Tiers } from "./tiers.ts";

/** What a {@link policy} lays around an operation. What is left out is not there. */
export interface PolicyOptions<F = never> {
  /** How long a run may take in all, waits included; more than 0. @default no limit of its own */
  timeout?: Duration;
  /** Repeats failed calls. @default one call */
  retry?: RetryOptions;
  /** Stops calling an upstream that fails: options for one of its own, or one shared with other policies. */
  breaker?: Omit<BreakerOptions, "name" | "clock"> | Breaker;
  /** Bounds the calls in flight: options, or a bulkhead (adaptive or shared). */
  bulkhead?: Omit<BulkheadOptions, "name" | "clock"> | Bulkhead;
  /** Helps slow calls with a second one. To give it is to declare this policy's operations safe to repeat. */
  hedge?: HedgeOptions;
  /** What answers when all else failed: a function of the error, or tiers of which each is asked in turn, listed here or made by `tiers`. */
  fallback?: Tiers<unknown, F> | readonly Tier<unknown, F>[] | ((error: unknown) => F | PromiseLike<F>);
  /** What retries and hedges may spend together. @default a `retryBudget()` of the policy's own; `false` for none */
  budget?: RetryBudget | RetryBudgetOptions | false;
  /** Whether the operation runs in a context that carries this policy's deadline and signal, for guards further down. @default false */
  propagate?: boolean;
  /** @default systemClock */
  clock?: Clock;
  /** A number from 0 to 1, for the jitter of the retries. @default Math.random */
  random?: () => number;
}

/** How a run ended, as a value. */
export type Outcome<T> =
  | {
      readonly ok: true;
      readonly value: T;
      /** Calls of the operation. */
      readonly attempts: number;
      /** The fallback tier that answered. */
      readonly tier?: string;
    }
  | { readonly ok: false; readonly error: unknown; readonly attempts: number };

/** Guards laid around each other, ready for any number of calls at once. */
export interface Policy<F = never> extends Runner {
  readonly name: string;
  readonly breaker: Breaker | undefined;
  readonly bulkhead: Bulkhead | undefined;
  readonly budget: RetryBudget | undefined;
  /** Runs the operation under guard. */
  run<T>(operation: Operation<T>, options?: RunOptions): Promise<T | F>;
  /** A function of the same signature that runs under guard; `this` is kept. */
  wrap<A extends unknown[], R>(fn: (...args: A) => R): (...args: A) => Promise<Awaited<R> | F>;
  /** Runs the operation and tells how it ended; never rejects. */
  execute<T>(operation: Operation<T>, options?: RunOptions): Promise<Outcome<T | F>>;
  /** Closes the breaker that the policy made for itself; calls go through without it. */
  close(): void;
  [Symbol.asyncDispose](): Promise<void>;
}

const KNOWN: readonly string[] = [
  ["timeout", "retry", "breaker", "bulkhead", "hedge"],
  ["fallback", "budget", "propagate", "clock", "random"],
].flat();

/**
 * Creates a policy. Its guards lie, from the outside in: fallback, timeout, retry, hedge, breaker, bulkhead, and the
 * retry's attempt timeout around each of the last three. Use `compose` for another order.
 *
 * @param name - label of events; one policy an upstream
 * @throws TypeError when an option is wrong
 * @example
 * ```ts
 * import { policy } from "@seaworthy/resilience";
 * const payments = policy("payments", { timeout: "2s", retry: { attempts: 3 }, breaker: { failureRate: 0.5 } });
 * console.log(await payments.run(async ({ attempt }) => `answered at attempt ${attempt}`)); // answered at attempt 1
 * payments.close();
 * ```
 */
export function policy<F = never>(name: string, options: PolicyOptions<F> = {}): Policy<F> {
  checkName(name, "policy");
  checkOptions(`policy ${name}`, options, KNOWN);
  const { clock = systemClock } = options;
  soundClock("clock", clock);
  optionalFlag("propagate", options.propagate);
  optionalFunction("random", options.random);
  for (const part of ["retry", "breaker", "bulkhead", "hedge", "budget"] as const) checkPart(part, options[part]);
  const parts: PolicyParts = {
    ownsBreaker: !isRunner(options.breaker),
    breaker: options.breaker && toBreaker(name, options.breaker, clock),
    bulkhead: options.bulkhead && toBulkhead(name, options.bulkhead, clock),
    budget: toBudget(options, clock),
  };
  return new GuardingPolicy<F>(createPipeline(name, clock, layersFor(name, options, parts, clock)), parts);
}

interface PolicyParts {
  readonly ownsBreaker: boolean;
  readonly breaker: Breaker | undefined;
  readonly bulkhead: Bulkhead | undefined;
  readonly budget: RetryBudget | undefined;
}

/** Parts are spread into options of their own further down, where a number or a text would vanish. */
function checkPart(name: string, value: unknown): void {
  const fits = typeof value === "object" && value !== null && !Array.isArray(value);
  if (value !== undefined && !fits && !(name === "budget" && value === false))
    throw new TypeError(`${name} must be an object; got ${showValue(value)}`);
}

function isRunner(value: unknown): boolean {
  return typeof value === "object" && value !== null && typeof (value as Partial<Runner>).run === "function";
}

function toBreaker(name: string, given: NonNullable<PolicyOptions["breaker"]>, clock: Clock): Breaker {
  return isRunner(given) ? (given as Breaker) : createBreaker({ ...(given as object), name, clock });
}

function toBulkhead(name: string, given: NonNullable<PolicyOptions["bulkhead"]>, clock: Clock): Bulkhead {
  return isRunner(given) ? (given as Bulkhead) : createBulkhead({ ...(given as BulkheadOptions), name, clock });
}

function toBudget(options: PolicyOptions<unknown>, clock: Clock): RetryBudget | undefined {
  const { budget, retry, hedge } = options;
  if (budget === false) return undefined;
  if (budget !== undefined && typeof (budget as RetryBudget).tryTake === "function") {
    checkBudget(budget);
    return budget as RetryBudget;
  }
  if (budget === undefined && retry === undefined && hedge === undefined) return undefined;
  return retryBudget({ clock, ...(budget as RetryBudgetOptions | undefined) });
}

function layersFor<F>(name: string, options: PolicyOptions<F>, parts: PolicyParts, clock: Clock): Layer[] {
  const { timeout, retry, hedge, fallback } = options;
  const { budget, breaker, bulkhead } = parts;
  const spending = budget === undefined ? undefined : { budget };
  const layers: Layer[] = [];
  if (fallback !== undefined) layers.push(fallbackLayer(name, fallback, clock));
  if (timeout !== undefined) layers.push(timeoutLayer(positiveDuration("timeout", timeout), clock));
  const chance = options.random === undefined ? undefined : { random: options.random };
  if (retry !== undefined) layers.push(retryLayer(planRetry({ ...spending, ...chance, ...retry }, clock)));
  if (hedge !== undefined) {
    layers.push(hedgeLayer(planHedge({ ...spending, ...hedge }, new LatencyWindow(), retry === undefined)));
  }
  if (breaker !== undefined) layers.push(...layersOf(breaker));
  if (bulkhead !== undefined) layers.push(...layersOf(bulkhead));
  if (options.propagate === true) layers.push(propagationLayer);
  return layers;
}

function planFallback<F>(name: string, fallback: NonNullable<PolicyOptions<F>["fallback"]>, clock: Clock): TierPlan {
  if (typeof fallback !== "function" && !Array.isArray(fallback))
    throw new TypeError(`fallback must be a function or a list of tiers; got ${showValue(fallback)}`);
  const planned = planOf(fallback);
  if (planned !== undefined) return planned;
  const list = typeof fallback === "function" ? [{ name: "fallback", run: fallback }] : fallback;
  return { name, tiers: prepareTiers(name, list as readonly Tier<unknown, F>[], clock), accept: undefined };
}

function fallbackLayer<F>(name: string, fallback: NonNullable<PolicyOptions<F>["fallback"]>, clock: Clock): Layer {
  const plan = planFallback(name, fallback, clock);
  const leave: Leave = {
    returned: () => undefined,
    threw: (call, error) => (isCancelled(call, error) ? undefined : standIn(plan, call, error)),
  };
  return (next) => (call, exit) => next(call, new Exit(leave, call, undefined, exit));
}

async function standIn(plan: TierPlan, call: GuardedCall, error: unknown): Promise<unknown> {
  // A deadline that the operation has used up must not keep the stand-in from answering.
  const stand = call.derive(false);
  stand.dueAt = Number.POSITIVE_INFINITY;
  try {
    const { value, tier } = await answer(plan, error, stand);
    call.root.tier = tier;
    return value;
  } catch (failure) {
    throw isCancelled(stand, failure) ? failure : error;
  } finally {
    call.drop(stand);
  }
}

const propagationLayer: Layer = (next) =>
  apart((call) => {
    const { signal, deadline } = new CallView(call);
    const fields = { signal, ...(deadline === undefined ? undefined : { deadline }) };
    return runWithContext(fields, () => next(call, undefined));
  });

/** What {@link policy} and `compose` return. */
export class GuardingPolicy<F = never> implements Policy<F> {
  readonly name: string;
  readonly breaker: Breaker | undefined;
  readonly bulkhead: Bulkhead | undefined;
  readonly budget: RetryBudget | undefined;
  readonly #pipeline: Pipeline;
  readonly #ownsBreaker: boolean;

  constructor(pipeline: Pipeline, parts?: PolicyParts) {
    this.name = pipeline.name;
    this.#pipeline = pipeline;
    this.breaker = parts?.breaker;
    this.bulkhead = parts?.bulkhead;
    this.budget = parts?.budget;
    this.#ownsBreaker = parts?.ownsBreaker ?? false;
    exposePipeline(this, pipeline);
  }

  run<T>(operation: Operation<T>, options?: RunOptions): Promise<T | F> {
    return startRun<T | F>(this.#pipeline, operation, options);
  }

  wrap<A extends unknown[], R>(fn: (...args: A) => R): (...args: A) => Promise<Awaited<R> | F> {
    if (typeof fn !== "function") throw new TypeError(`${this.name}: wrap takes a function; got ${showValue(fn)}`);
    const run = (operation: Operation<Awaited<R>>): Promise<Awaited<R> | F> => this.run(operation);
    return function guarded(this: unknown, ...args: A) {
      return run(() => fn.apply(this, args) as Awaited<R>);
    };
  }

  async execute<T>(operation: Operation<T>, options?: RunOptions): Promise<Outcome<T | F>> {
    let attempts = 0;
    try {
      const call = prepare(this.#pipeline, operation, options);
      try {
        const value = (await settle(this.#pipeline, call, options)) as T | F;
        const { calls, tier } = call;
        return { ok: true, value, attempts: calls, ...(tier === undefined ? undefined : { tier }) };
      } finally {
        attempts = call.calls;
      }
    } catch (error) {
      return { ok: false, error, attempts };
    }
  }

  close(): void {
    if (this.#ownsBreaker) this.breaker?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }
}
