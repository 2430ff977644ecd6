import { systemClock } from "@seaworthy/core";
import { showValue } from "@seaworthy/core/options";
import type { Runner } from "./call.ts";
import { clockOf, createPipeline, layersOf } from "./internal/pipeline.ts";
import { GuardingPolicy, type Policy } from "./policy.ts";

/**
 * Lays guards around each other in the order given, the first outermost: policies, breakers, bulkheads, and anything
 * of your own with `run(operation, options)`. Guards of this package cost no more than within one policy; they should
 * share a clock, and the first one's is the composition's.
 *
 * @throws TypeError when there is no guard, or one has no `run`
 * @example
 * ```ts
 * import { compose, createBulkhead, policy } from "@seaworthy/resilience";
 * // A slot is held through all retries, where the standard order takes one per attempt.
 * const jobs = compose(createBulkhead({ concurrency: 4, queue: 100 }), policy("jobs", { retry: { attempts: 3 } }));
 * console.log(await jobs.run(async () => "done")); // done
 * ```
 */
export function compose(...guards: readonly [Runner, ...Runner[]]): Policy {
  if (guards.length === 0) throw new TypeError("compose needs one guard or more");
  for (const guard of guards) {
    if (typeof guard?.run !== "function")
      throw new TypeError(`compose takes guards with run(); got ${showValue(guard)}`);
  }
  const names = guards.map((guard) => (guard as Partial<Policy>).name).filter((name) => typeof name === "string");
  const name = [...new Set(names)].join("+").slice(0, 200) || "composed";
  const clock = guards.map(clockOf).find((found) => found !== undefined) ?? systemClock;
  return new GuardingPolicy(createPipeline(name, clock, guards.flatMap(layersOf)));
}
