import { systemClock } from "@seaworthy/core";
import { checkOptions, clockOption, optionalFunction, positiveDuration, signalOption } from "@seaworthy/core/options";
import type { Call } from "./call.ts";
import { detached } from "./internal/layer.ts";
import { checkName } from "./internal/options.ts";
import { type Pipeline, prepare, runPrepared } from "./internal/pipeline.ts";
import { TierFigures } from "./internal/tier-figures.ts";
import { answer, exposeTiers, prepareTiers, type TierPlan } from "./internal/tier-plan.ts";
import { timeoutLayer } from "./internal/timeout-layer.ts";
import type { Tier, TierAnswer, TierFailure, TierRunOptions, Tiers, TiersOptions } from "./tier.ts";

/** A tier by the type that its `run` returns, a promise or not: what all of them answer is inferred from that. */
type TierReturning<I, R> = Omit<Tier<I, unknown>, "run"> & {
  run(input: I, call: Call, failures: readonly TierFailure[]): R;
};

const OPTIONS: readonly string[] = ["accept", "timeout", "clock"];
const RUN_OPTIONS: readonly string[] = ["signal"];

/**
 * Tries one tier after the other until one answers, and returns which one did and why the ones before it failed.
 *
 * A tier fails if it throws, runs out of time, or answers `null` or `undefined`; one whose call a
 * guard refuses, such as an open breaker, is skipped. If the caller's signal aborts, no further tier is tried.
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
    signalOption("signal", runOptions.signal);
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
  exposeTiers(run, plan);
  return Object.freeze(run) as unknown as Tiers<I, Awaited<R[number]>>;
}

function noOperation(): never {
  throw new Error("each tier brings its own operation");
}
