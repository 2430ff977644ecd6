import { type Clock, isSeaworthyError, systemClock } from "@seaworthy/core";
import { checkOptions, clockOption, optionalFunction, positiveDuration, showValue } from "@seaworthy/core/options";
import type { Breaker } from "./breaker/breaker.ts";
import { breakerFor } from "./breaker/create-breaker.ts";
import type { Call, Operation } from "./call.ts";
import { errors } from "./errors.ts";
import { detached } from "./internal/exit-frames.ts";
import type { GuardedCall, Next } from "./internal/guarded-call.ts";
import { invokeFallback } from "./internal/invoke.ts";
import { checkName, checkSignal, isRunner } from "./internal/options.ts";
import { layersOf, type Pipeline, prepare, runPrepared } from "./internal/pipeline.ts";
import { isRefusal } from "./internal/refusal.ts";
import { TierFigures } from "./internal/tier-figures.ts";
import { timeoutLayer } from "./internal/timeout-layer.ts";
import { tierEvent } from "./telemetry.ts";
import type { Tier, TierAnswer, TierFailure, TierRunOptions, Tiers, TiersOptions } from "./tier.ts";

/** A tier by the type that its `run` returns, a promise or not: what all of them answer is inferred from that. */
type TierReturning<I, R> = Omit<Tier<I, unknown>, "run"> & {
  run(input: I, call: Call, failures: readonly TierFailure[]): R;
};

/** A list of tiers, checked and made ready. */
export interface TierPlan {
  readonly name: string;
  readonly tiers: readonly PreparedTier[];
  readonly accept: ((value: unknown) => boolean) | undefined;
  readonly clock: Clock;
}

/** A tier made ready: its operation is put into the call. */
export interface PreparedTier {
  readonly name: string;
  readonly run: (input: unknown, call: Call, failures: readonly TierFailure[]) => unknown;
  readonly chain: Next;
  readonly breaker: Breaker | undefined;
  readonly ownsBreaker: boolean;
  readonly figures: TierFigures;
}

const OPTIONS: readonly string[] = ["accept", "timeout", "clock"];
const RUN_OPTIONS: readonly string[] = ["signal"];
const plans = new WeakMap<object, TierPlan>();
const TIER_OPTIONS: readonly string[] = ["name", "run", "timeout", "breaker"];

/**
 * Asks one tier after the other until one answers, and returns which one did and why the ones before it failed.
 *
 * A tier fails if it throws, runs out of time, or answers `null` or `undefined`; one whose call a
 * guard refuses, such as an open breaker, is skipped. If the caller's signal aborts, no further tier is asked.
 *
 * @throws TypeError if there is no tier, two have the same name, or an option is wrong
 * @throws RESILIENCE_TIERS_FAILED from `run`, if no tier answered; its cause is an AggregateError of all failures
 * @throws RESILIENCE_TIMEOUT from `run`, if all tiers together took longer than `timeout`
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
export function tiers<I, R extends readonly unknown[]>(
  name: string,
  list: readonly [...{ [K in keyof R]: TierReturning<I, R[K]> }],
  options: TiersOptions<Awaited<R[number]>> = {},
): Tiers<I, Awaited<R[number]>> {
  checkName(name, "tiers");
  checkOptions("tiers", options, OPTIONS);
  optionalFunction("accept", options.accept);
  const { clock = systemClock, timeout } = options;
  clockOption("clock", clock);
  const accept = options.accept?.bind(options) as ((value: unknown) => boolean) | undefined;
  const prepared = prepareTiers(name, list as unknown as readonly Tier<I, unknown>[], clock);
  const plan: TierPlan = { name, tiers: prepared, accept, clock };
  const askAll = detached((call) => answer(plan, call.root.notes?.input, call));
  const chain =
    timeout === undefined ? askAll : timeoutLayer(positiveDuration("timeout", timeout), clock)(askAll, true);
  const pipeline: Pipeline = { name, clock, layers: [], chain };
  const run = async (input: I, runOptions: TierRunOptions = {}): Promise<TierAnswer<Awaited<R[number]>>> => {
    checkOptions(name, runOptions, RUN_OPTIONS);
    checkSignal(runOptions.signal);
    const call = prepare(pipeline, noOperation);
    call.note().input = input;
    return (await runPrepared(pipeline, call, runOptions)) as TierAnswer<Awaited<R[number]>>;
  };
  const stats = () => TierFigures.of(prepared);
  const dispose = () => {
    for (const { breaker, ownsBreaker } of prepared) if (ownsBreaker) breaker?.dispose();
  };
  Object.defineProperties(run, {
    name: { value: name },
    run: { value: run },
    stats: { value: stats },
    dispose: { value: dispose },
  });
  plans.set(run, plan);
  return Object.freeze(run) as unknown as Tiers<I, Awaited<R[number]>>;
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
    throw new TypeError(`${owner}: tiers must be an array of one or more; got ${showValue(list)}`);
  const names = new Set<string>();
  return list.map((tier: Tier<I, O>) => {
    checkOptions(`${owner}: a tier`, tier, TIER_OPTIONS);
    const name = checkName(tier.name, `${owner}: a tier`);
    if (names.has(name)) throw new TypeError(`${owner}: two tiers are named ${showValue(name)}`);
    names.add(name);
    if (typeof tier.run !== "function")
      throw new TypeError(`${owner}: tier ${showValue(name)} must have run(); got ${showValue(tier.run)}`);
    const timeout = tier.timeout === undefined ? undefined : positiveDuration(`${name}.timeout`, tier.timeout);
    const limited = timeout === undefined ? invokeFallback : timeoutLayer(timeout, clock)(invokeFallback);
    const ownsBreaker = !isRunner(tier.breaker);
    const breaker = planBreaker(`${owner}.${name}`, tier.breaker, timeout, clock);
    const chain =
      breaker === undefined ? limited : layersOf(breaker).reduceRight<Next>((next, layer) => layer(next), limited);
    const run: PreparedTier["run"] = (input, call, failures) => tier.run(input as I, call, failures);
    return { name, run, chain, breaker, ownsBreaker, figures: new TierFigures() };
  });
}

function planBreaker(
  name: string,
  given: Tier<never, unknown>["breaker"],
  timeout: number | undefined,
  clock: Clock,
): Breaker | undefined {
  if (given === undefined) return undefined;
  if (isRunner(given)) return given as Breaker;
  if (given !== true && (typeof given !== "object" || given === null))
    throw new TypeError(`${name}: breaker must be true, options or a breaker; got ${showValue(given)}`);
  return breakerFor({ ...(given === true ? undefined : given), name, clock }, timeout);
}

/** Asks the tiers in order, each as a child of `call`. */
export async function answer(
  { name: owner, tiers, accept, clock }: TierPlan,
  input: unknown,
  call: GuardedCall,
): Promise<TierAnswer<unknown>> {
  const failures: TierFailure[] = [];
  for (const tier of tiers) {
    const startedAt = clock.monotonic();
    try {
      const value = await attemptTier(tier, input, call, failures);
      if (value === null || value === undefined || (accept !== undefined && !accept(value)))
        throw errors.RESILIENCE_NO_ANSWER({ tier: tier.name });
      const latency = clock.monotonic() - startedAt;
      tier.figures.answered(latency);
      report(owner, tier.name, "answered", latency);
      return { value, tier: tier.name, failures };
    } catch (error) {
      // The caller has gone, or the time of all tiers together is up.
      if (call.aborted) throw call.reason;
      const skipped = isRefusal(error);
      if (skipped) tier.figures.skipped += 1;
      else tier.figures.failed += 1;
      report(owner, tier.name, skipped ? "skipped" : "failed", clock.monotonic() - startedAt, error);
      failures.push({ tier: tier.name, error });
    }
  }
  throw exhausted(owner, failures);
}

async function attemptTier(
  tier: PreparedTier,
  input: unknown,
  call: GuardedCall,
  failures: readonly TierFailure[],
): Promise<unknown> {
  const operation: Operation<unknown> = (view) => tier.run(input, view, failures);
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

function report(
  owner: string,
  tier: string,
  outcome: "answered" | "failed" | "skipped",
  milliseconds: number,
  error?: unknown,
): void {
  if (!tierEvent.active) return;
  tierEvent.emit({ tiers: owner, tier, outcome }, milliseconds / 1000, error === undefined ? undefined : { error });
}
