import { type Clock, type Duration, isSeaworthyError, systemClock } from "@seaworthy/core";
import { checkOptions, optionalFunction, positiveDuration, showValue, soundClock } from "@seaworthy/core/options";
import type { Call, Operation } from "./call.ts";
import { errors } from "./errors.ts";
import { apart } from "./internal/exit.ts";
import type { GuardedCall, Next } from "./internal/guarded-call.ts";
import { invokeStandIn, isCancelled } from "./internal/invoke.ts";
import { checkName, checkSignal } from "./internal/options.ts";
import { type Pipeline, prepare, settle } from "./internal/pipeline.ts";
import { timeoutLayer } from "./internal/timeout-layer.ts";
import { tierEvent } from "./telemetry.ts";

/** One way to answer. */
export interface Tier<I, O> {
  /** Says who answered; a metric label. */
  name: string;
  /** `null` and `undefined` are no answer: the next tier is asked. */
  run(input: I, call: Call): O | PromiseLike<O>;
  /** How long this tier may take; more than 0. @default no limit of its own */
  timeout?: Duration;
}

/** Options of {@link tiers}. */
export interface TiersOptions<O> {
  /** Whether a value is an answer. @default all but null and undefined are */
  accept?(value: O): boolean;
  /** @default systemClock */
  clock?: Clock;
}

/** Why a tier did not answer. */
export interface TierFailure {
  readonly tier: string;
  readonly error: unknown;
}

/** An answer and where it came from. */
export interface TierAnswer<O> {
  readonly value: NonNullable<O>;
  readonly tier: string;
  /** Of the tiers before, in order; empty when the first one answered. */
  readonly failures: readonly TierFailure[];
}

/** Options of one run of {@link tiers}. */
export interface TierRunOptions {
  /** Ends the run at once, with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** Several ways to answer, best first: a function of the input, which is its own `run`. */
export interface Tiers<I, O> {
  (input: I, options?: TierRunOptions): Promise<TierAnswer<O>>;
  readonly name: string;
  run(input: I, options?: TierRunOptions): Promise<TierAnswer<O>>;
}

/** A list of tiers, checked and made ready. */
export interface TierPlan {
  readonly name: string;
  readonly tiers: readonly PreparedTier[];
  readonly accept: ((value: unknown) => boolean) | undefined;
}

/** A tier made ready: its operation is put into the call. */
export interface PreparedTier {
  readonly name: string;
  readonly run: (input: unknown, call: Call) => unknown;
  readonly chain: Next;
}

const KNOWN: readonly string[] = ["accept", "clock"];
const RUN: readonly string[] = ["signal"];
const plans = new WeakMap<object, TierPlan>();
const TIER: readonly string[] = ["name", "run", "timeout"];

/**
 * Asks one tier after the other until one answers, and says which one did and why the ones before it failed.
 *
 * A tier fails by throwing, by running out of time, or by answering `null` or `undefined`. When the caller's signal
 * aborts, no further tier is asked.
 *
 * @throws TypeError when there is no tier, two have one name, or an option is wrong
 * @throws RESILIENCE_TIERS_FAILED from `run`, when none answered; its cause is an AggregateError of all failures
 * @example
 * ```ts
 * import { tiers } from "@seaworthy/resilience";
 * const detect = tiers("detect", [
 *   { name: "model", run: async (_image: string) => Promise.reject(new Error("no GPU")) },
 *   { name: "centre", run: () => ({ x: 0.5, y: 0.5 }) },
 * ]);
 * const { value, tier, failures } = await detect.run("cat.png");
 * console.log(tier, value, failures.length); // centre { x: 0.5, y: 0.5 } 1
 * ```
 */
export function tiers<I, O>(name: string, list: readonly Tier<I, O>[], options: TiersOptions<O> = {}): Tiers<I, O> {
  checkName(name, "tiers");
  checkOptions("tiers", options, KNOWN);
  optionalFunction("accept", options.accept);
  const { clock = systemClock } = options;
  soundClock("clock", clock);
  const accept = options.accept?.bind(options) as ((value: unknown) => boolean) | undefined;
  const plan: TierPlan = { name, tiers: prepareTiers(name, list, clock), accept };
  const run = async (input: I, runOptions: TierRunOptions = {}): Promise<TierAnswer<O>> => {
    checkOptions(name, runOptions, RUN);
    checkSignal(runOptions.signal);
    const chain = apart((call) => answer(plan, input, call));
    const pipeline: Pipeline = { name, clock, layers: [], chain };
    return (await settle(pipeline, prepare(pipeline, noOperation), runOptions)) as TierAnswer<O>;
  };
  Object.defineProperties(run, { name: { value: name }, run: { value: run } });
  plans.set(run, plan);
  return Object.freeze(run) as Tiers<I, O>;
}

/** What lies behind a result of {@link tiers}. */
export function planOf(value: object): TierPlan | undefined {
  return plans.get(value);
}

function noOperation(): never {
  throw new Error("each tier brings its own operation");
}

/** Checks the tiers. */
export function prepareTiers<I, O>(owner: string, list: readonly Tier<I, O>[], clock: Clock): readonly PreparedTier[] {
  if (!Array.isArray(list) || list.length === 0)
    throw new TypeError(`${owner}: tiers must be a list of one or more; got ${showValue(list)}`);
  const names = new Set<string>();
  return list.map((tier: Tier<I, O>) => {
    checkOptions(`${owner}: a tier`, tier, TIER);
    const name = checkName(tier.name, `${owner}: a tier`);
    if (names.has(name)) throw new TypeError(`${owner}: two tiers are named ${showValue(name)}`);
    names.add(name);
    if (typeof tier.run !== "function")
      throw new TypeError(`${owner}: tier ${showValue(name)} must have run(); got ${showValue(tier.run)}`);
    const timeout = tier.timeout === undefined ? undefined : positiveDuration(`${name}.timeout`, tier.timeout);
    const chain = timeout === undefined ? invokeStandIn : timeoutLayer(timeout, clock)(invokeStandIn);
    return { name, run: (input, call) => tier.run(input as I, call), chain };
  });
}

/** Asks the tiers in order, each as a child of `call`. */
export async function answer(
  { name: owner, tiers, accept }: TierPlan,
  input: unknown,
  call: GuardedCall,
): Promise<TierAnswer<unknown>> {
  const failures: TierFailure[] = [];
  for (const tier of tiers) {
    try {
      const value = await attemptTier(tier, input, call);
      if (value === null || value === undefined || (accept !== undefined && !accept(value)))
        throw errors.RESILIENCE_NO_ANSWER({ tier: tier.name });
      tell(owner, tier.name, "answered");
      return { value, tier: tier.name, failures };
    } catch (error) {
      if (isCancelled(call, error)) throw error;
      tell(owner, tier.name, "failed", error);
      failures.push({ tier: tier.name, error });
    }
  }
  throw exhausted(owner, failures);
}

async function attemptTier(tier: PreparedTier, input: unknown, call: GuardedCall): Promise<unknown> {
  const operation: Operation<unknown> = (view) => tier.run(input, view);
  const child = call.derive(false, operation);
  try {
    return await tier.chain(child, undefined);
  } finally {
    call.drop(child);
  }
}

function exhausted(owner: string, failures: readonly TierFailure[]): Error {
  const reasons = failures.map(({ error }) => error);
  const context = {
    tiers: owner,
    failures: failures.map(({ tier, error }) => ({ tier, code: isSeaworthyError(error) ? error.code : undefined })),
  };
  return errors.RESILIENCE_TIERS_FAILED(context, {
    cause: new AggregateError(reasons, `no tier of ${owner} answered`),
  });
}

function tell(owner: string, tier: string, outcome: "answered" | "failed", error?: unknown): void {
  if (tierEvent.active)
    tierEvent.emit({ tiers: owner, tier, outcome }, undefined, error === undefined ? undefined : { error });
}
