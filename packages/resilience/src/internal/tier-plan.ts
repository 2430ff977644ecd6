import { type Clock, isSeaworthyError } from "@seaworthy/core";
import { checkOptions, positiveDuration, showValue } from "@seaworthy/core/options";
import type { Breaker } from "../breaker/breaker.ts";
import type { Call, Operation } from "../call.ts";
import { errors } from "../errors.ts";
import { tierEvent } from "../telemetry.ts";
import type { Tier, TierAnswer, TierFailure } from "../tier.ts";
import { breakerFor } from "./breaker/breaker-for.ts";
import type { GuardedCall } from "./guarded-call.ts";
import { invokeFallback } from "./invoke.ts";
import type { Next } from "./layer.ts";
import { checkName, isRunner } from "./options.ts";
import { layersOf } from "./pipeline.ts";
import { isRefusal } from "./refusal.ts";
import { TierFigures } from "./tier-figures.ts";
import { timeoutLayer } from "./timeout-layer.ts";

const TIER_OPTIONS: readonly string[] = ["name", "run", "timeout", "breaker"];
const plans = new WeakMap<object, TierPlan>();

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

/** Lets a policy take the tiers behind a result of `tiers` apart. */
export function exposeTiers(tiers: object, plan: TierPlan): void {
  plans.set(tiers, plan);
}

/** What lies behind a result of {@link tiers}. */
export function planOf(value: object): TierPlan | undefined {
  return plans.get(value);
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
  const own = given === true ? undefined : given;
  return breakerFor({ ...own, name, clock }, timeout);
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
      if (tierEvent.active) report({ tiers: owner, tier: tier.name, outcome: "answered" }, latency);
      return { value, tier: tier.name, failures };
    } catch (error) {
      // The caller has gone, or the time of all tiers together is up.
      if (call.aborted) throw call.reason;
      const skipped = isRefusal(error);
      if (skipped) tier.figures.skipped += 1;
      else tier.figures.failed += 1;
      const outcome = skipped ? "skipped" : "failed";
      const latency = clock.monotonic() - startedAt;
      if (tierEvent.active) report({ tiers: owner, tier: tier.name, outcome }, latency, error);
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

interface TierReport {
  readonly tiers: string;
  readonly tier: string;
  readonly outcome: "answered" | "failed" | "skipped";
}

function report(labels: TierReport, milliseconds: number, error?: unknown): void {
  tierEvent.emit(labels, milliseconds / 1000, error === undefined ? undefined : { error });
}
