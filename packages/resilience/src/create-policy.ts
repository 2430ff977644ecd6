import { type Clock, systemClock } from "@seaworthy/core";
import { checkOptions, clockOption, optionalFunction, withDefault } from "@seaworthy/core/options";
import { GuardingPolicy } from "./internal/guarding-policy.ts";
import type { PolicyBuild } from "./internal/guards/guard.ts";
import { GUARDS } from "./internal/guards/table.ts";
import { checkName, checkObject, optionalFlag } from "./internal/options.ts";
import { createPipeline } from "./internal/pipeline.ts";
import { checkBudget } from "./internal/retry-plan.ts";
import type { Policy, PolicyOptions } from "./policy.ts";
import { type RetryBudget, type RetryBudgetOptions, retryBudget } from "./retry-budget.ts";

const SHARED: readonly string[] = ["budget", "keepAlive", "clock", "random"];
const OPTIONS: readonly string[] = [...GUARDS.flatMap(({ option, others = [] }) => [option, ...others]), ...SHARED];

/**
 * Creates a policy. Its guards surround the operation in one order, from the outside in: fallback, timeout, retry, hedge,
 * breaker, bulkhead; the retry's attempt timeout surrounds each of the last three. Use `compose` for another order.
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
  optionalFlag("keepAlive", options.keepAlive);
  optionalFunction("random", options.random);
  const given = GUARDS.filter(({ option }) => options[option] !== undefined);
  for (const { option, check } of given) check?.(options[option]);
  const parts = { budget: toBudget(options, clock), releases: [] };
  const build: PolicyBuild = { name, clock, options, keepAlive: withDefault(options.keepAlive, true), parts };
  const layers = given.flatMap((guard) => guard.layers(build));
  return new GuardingPolicy<F>(createPipeline(name, clock, layers), parts);
}

/** The budget that retries and hedges share. */
function toBudget({ budget, retry, hedge }: PolicyOptions<unknown>, clock: Clock): RetryBudget | undefined {
  if (budget === false) return undefined;
  if (budget !== undefined) checkObject("budget", budget);
  if (budget !== undefined && "tryTake" in budget) {
    checkBudget(budget);
    return budget;
  }
  if (budget === undefined && retry === undefined && hedge === undefined) return undefined;
  const own: RetryBudgetOptions | undefined = budget;
  return retryBudget({ clock, ...own });
}
