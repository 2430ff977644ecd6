import { type Clock, runWithContext, systemClock } from "@seaworthy/core";
import { checkOptions, clockOption, optionalFunction, positiveDuration, showValue } from "@seaworthy/core/options";
import type { Breaker } from "./breaker/breaker.ts";
import { breakerFor } from "./breaker/create-breaker.ts";
import type { Bulkhead, BulkheadOptions } from "./bulkhead/bulkhead.ts";
import { createBulkhead } from "./bulkhead/create-bulkhead.ts";
import { hedgeLayer, planHedge } from "./hedge.ts";
import { detached } from "./internal/exit-frames.ts";
import { describeLayer } from "./internal/facts.ts";
import { fallbackLayer } from "./internal/fallback-layer.ts";
import { CallView, type Layer } from "./internal/guarded-call.ts";
import { GuardingPolicy, type PolicyParts } from "./internal/guarding-policy.ts";
import { LatencyWindow } from "./internal/latency-window.ts";
import { checkName, isRunner, optionalFlag, otherwise } from "./internal/options.ts";
import { createPipeline, layersOf } from "./internal/pipeline.ts";
import { retryFacts, retryLayer } from "./internal/retry-layer.ts";
import { timeoutFacts, timeoutLayer } from "./internal/timeout-layer.ts";
import type { Policy, PolicyOptions } from "./policy.ts";
import { type RetryBudget, type RetryBudgetOptions, retryBudget } from "./retry-budget.ts";
import { checkBudget, planRetry } from "./retry-options.ts";

const OPTIONS: readonly string[] = [
  "timeout",
  "fallbackTimeout",
  "retry",
  "breaker",
  "bulkhead",
  "hedge",
  "fallback",
  "budget",
  "propagate",
  "keepAlive",
  "clock",
  "random",
];
const LONGEST_GRACE = 1000;

/**
 * Creates a policy. Its guards lie, from the outside in: fallback, timeout, retry, hedge, breaker, bulkhead, and the
 * retry's attempt timeout around each of the last three. Use `compose` for another order.
 *
 * @param name - label of events; one policy per upstream
 * @throws TypeError if an option is wrong
 * @example
 * ```ts
 * import { policy } from "@seaworthy/resilience";
 * const payments = policy("payments", { timeout: "2s", retry: { attempts: 3 }, breaker: { failureRate: 0.5 } });
 * console.log(await payments.run(async ({ attempt }) => `answered at attempt ${attempt}`)); // answered at attempt 1
 * payments.dispose();
 * ```
 */
export function policy<F = never>(name: string, options: PolicyOptions<F> = {}): Policy<F> {
  checkName(name, "policy");
  checkOptions(`policy ${name}`, options, OPTIONS);
  const { clock = systemClock } = options;
  clockOption("clock", clock);
  optionalFlag("propagate", options.propagate);
  optionalFlag("keepAlive", options.keepAlive);
  optionalFunction("random", options.random);
  for (const part of ["retry", "breaker", "bulkhead", "hedge", "budget"] as const) checkPart(part, options[part]);
  const parts: PolicyParts = {
    ownsBreaker: !isRunner(options.breaker),
    ownsBulkhead: !isRunner(options.bulkhead),
    breaker: toBreaker(name, options, clock),
    bulkhead: options.bulkhead && toBulkhead(name, options.bulkhead, clock),
    budget: toBudget(options, clock),
  };
  return new GuardingPolicy<F>(createPipeline(name, clock, layersFor(name, options, parts, clock)), parts);
}

/** Parts are spread into options of their own further down, where a number or a string would vanish. */
function checkPart(name: string, value: unknown): void {
  const fits = typeof value === "object" && value !== null && !Array.isArray(value);
  const special = (name === "budget" && value === false) || (name === "breaker" && value === true);
  if (value !== undefined && !fits && !special)
    throw new TypeError(`${name} must be an object; got ${showValue(value)}`);
}

function toBreaker(name: string, options: PolicyOptions<unknown>, clock: Clock): Breaker | undefined {
  const { breaker: given, timeout, random } = options;
  if (given === undefined) return undefined;
  if (isRunner(given)) return given as Breaker;
  const longest = timeout ?? options.retry?.attemptTimeout;
  const patience = longest === undefined ? undefined : positiveDuration("timeout", longest);
  const chance = random === undefined ? undefined : { random };
  // What is repeated as a failure is one to the breaker as well.
  const judge = options.retry?.retryResult;
  const failed = judge === undefined ? undefined : { isFailedResult: judge as (value: unknown) => boolean };
  return breakerFor(
    { ...chance, ...failed, ...(given === true ? undefined : (given as object)), name, clock },
    patience,
  );
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
  const keepAlive = otherwise(options.keepAlive, true);
  const limit = timeout === undefined ? undefined : positiveDuration("timeout", timeout);
  const layers: Layer[] = [];
  if (fallback !== undefined) {
    const grace =
      options.fallbackTimeout === undefined
        ? Math.min(LONGEST_GRACE, limit ?? LONGEST_GRACE)
        : positiveDuration("fallbackTimeout", options.fallbackTimeout);
    layers.push(fallbackLayer(name, fallback, { clock, timeout: limit, grace }));
  }
  if (limit !== undefined) {
    const layer = timeoutLayer(limit, clock, keepAlive);
    layers.push(describeLayer(layer, () => timeoutFacts(limit)));
  }
  const chance = options.random === undefined ? undefined : { random: options.random };
  if (retry !== undefined) {
    const plan = planRetry({ ...spending, ...chance, ...retry }, clock);
    layers.push(describeLayer(retryLayer(plan, keepAlive), () => retryFacts(plan)));
  }
  if (hedge !== undefined) {
    layers.push(hedgeLayer(planHedge({ ...spending, ...hedge }, new LatencyWindow(), retry === undefined)));
  }
  if (breaker !== undefined) layers.push(...layersOf(breaker));
  if (bulkhead !== undefined) layers.push(...layersOf(bulkhead));
  if (options.propagate === true) layers.push(propagationLayer);
  return layers;
}

const propagationLayer: Layer = describeLayer(
  (next) =>
    detached((call) => {
      const { signal, deadline } = new CallView(call);
      const fields = { signal, ...(deadline === undefined ? undefined : { deadline }) };
      return runWithContext(fields, () => next(call, undefined));
    }),
  () => ({ guard: "propagation" }),
);
