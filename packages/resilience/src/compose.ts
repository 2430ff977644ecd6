import { systemClock } from "@seaworthy/core";
import { showValue } from "@seaworthy/core/options";
import type { Runner } from "./call.ts";
import { GuardingPolicy } from "./internal/guarding-policy.ts";
import { clockOf, createPipeline, layersOf } from "./internal/pipeline.ts";
import type { Policy } from "./policy.ts";

/** What the fallback of a guard may answer; never for one without a fallback. */
type FallbackOf<G> = G extends Policy<infer F> ? F : never;

/**
 * Combines guards in the order given, the first one outermost: policies, breakers, bulkheads, and anything of your own
 * with `run(operation, options)`. Guards of this package cost no more than within one policy. They should share a clock;
 * the composition uses the first one's.
 *
 * @throws TypeError if there is no guard, or one has no `run`
 * @example
 * ```ts
 * import { compose, createBulkhead, policy } from "@seaworthy/resilience";
 * // A slot is held through all retries, where the standard order takes one per attempt.
 * const jobs = compose(createBulkhead({ concurrency: 4, queue: 100 }), policy("jobs", { retry: { attempts: 3 } }));
 * console.log(await jobs.run(async () => "done")); // done
 * ```
 */
export function compose<const G extends readonly [Runner, ...Runner[]]>(...guards: G): Policy<FallbackOf<G[number]>> {
  if (guards.length === 0) throw new TypeError("compose needs one guard or more");
  for (const guard of guards) {
    if (typeof guard?.run !== "function")
      throw new TypeError(`compose takes guards with run(); got ${showValue(guard)}`);
  }
  const names = guards
    .map((guard: Runner & { name?: unknown }) => guard.name)
    .filter((name) => typeof name === "string");
  const name = [...new Set(names)].join("+").slice(0, 200) || "composed";
  const clock = guards.map(clockOf).find((found) => found !== undefined) ?? systemClock;
  return new GuardingPolicy<FallbackOf<G[number]>>(createPipeline(name, clock, guards.flatMap(layersOf)));
}
