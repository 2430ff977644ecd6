import { showValue } from "@seaworthy/core/options";
import type { Breaker } from "../breaker/breaker.ts";
import { OpossumGuard } from "../internal/opossum/opossum-guard.ts";
import type { OpossumInternals } from "../internal/opossum/opossum-internals.ts";
import type { OpossumBreaker } from "./opossum-breaker.ts";

const METHODS = ["fire", "open", "close", "enable", "disable", "on", "removeListener", "action"] as const;

/**
 * Makes an existing breaker of opossum a guard, for the option `breaker` of a policy or for `compose`. Operations under the
 * policy and calls of `breaker.fire()` elsewhere then share the state, the statistics and the events of that breaker, so
 * that calls can be moved one by one. opossum decides; its refusals and timeouts become errors of this package, so that
 * retries, fallbacks and health checks treat them alike.
 *
 * The breaker's `timeout`, `capacity`, `errorFilter` and `fallback` apply to the operations too. `dispose()` separates the
 * two and leaves the breaker running.
 *
 * @throws TypeError if the value is not a breaker of opossum, is used by another guard already, or has a cache or coalesces
 * @example
 * ```ts
 * import { policy } from "@seaworthy/resilience";
 * import { fromOpossum } from "@seaworthy/resilience/opossum";
 * import CircuitBreaker from "opossum";
 * const existing = new CircuitBreaker(async (amount: number) => `charged ${amount}`, { name: "payments" });
 * const payments = policy("payments", { retry: { attempts: 3 }, breaker: fromOpossum(existing) });
 * console.log(await payments.run(async () => "refunded 5"), await existing.fire(12)); // refunded 5 charged 12
 * console.log(existing.stats.successes); // 2
 * existing.shutdown();
 * ```
 */
export function fromOpossum(breaker: OpossumBreaker): Breaker {
  if (
    typeof breaker !== "object" ||
    breaker === null ||
    METHODS.some((name) => typeof memberOf(breaker, name) !== "function")
  )
    throw new TypeError(`fromOpossum takes a breaker of opossum; got ${showValue(breaker)}`);
  const internals = breaker as OpossumInternals;
  const { cache, coalesce } = internals.options ?? {};
  if (cache || coalesce)
    throw new TypeError(
      "fromOpossum takes no breaker with cache or coalesce: operations have no arguments that tell them apart",
    );
  return new OpossumGuard(internals);
}

function memberOf(breaker: OpossumBreaker, name: (typeof METHODS)[number]): unknown {
  return (breaker as OpossumInternals)[name];
}
