import {
  checkOptions,
  flag,
  integer,
  positiveDuration,
  requiredFunction,
  showValue,
  withDefault,
} from "@seaworthy/core/options";
import type { Breaker } from "../breaker/breaker.ts";
import { isObservable } from "../internal/breaker/call-observer.ts";
import { OpossumView } from "../internal/opossum/opossum-view.ts";
import type { Policy } from "../policy.ts";
import type { OpossumFacade } from "./opossum-facade.ts";

/** Options of {@link toOpossum}: those of opossum's statistics. */
export interface ToOpossumOptions {
  /** Length of the rolling statistics in milliseconds; more than 0. @default 10 000 */
  rollingCountTimeout?: number;
  /** Buckets of the rolling statistics, 1 to 1000. @default 10 */
  rollingCountBuckets?: number;
  /** Whether `stats` has percentiles of the latency. @default true */
  rollingPercentilesEnabled?: boolean;
  /** Whether `status` emits `snapshot` once per bucket. @default true */
  enableSnapshots?: boolean;
}

const OPTIONS: readonly string[] = [
  "rollingCountTimeout",
  "rollingCountBuckets",
  "rollingPercentilesEnabled",
  "enableSnapshots",
];

/**
 * Shows a breaker of this package, or a policy with one, to code that expects a breaker of opossum: its events, `stats`,
 * `status`, `opened`, `fire` and `fallback`, such as an exporter of metrics. All calls of the breaker are seen, those that
 * do not come through `fire` as well.
 *
 * Its statistics are a `Status` of opossum, which owns two timers that do not hold the process; `shutdown()` ends them.
 *
 * @param action - the function that `fire` calls under guard
 * @throws TypeError if an argument is wrong
 * @example
 * ```ts
 * import { policy } from "@seaworthy/resilience";
 * import { toOpossum } from "@seaworthy/resilience/opossum";
 * const payments = policy("payments", { timeout: "2s", breaker: true });
 * const legacy = toOpossum(payments, async (amount: number) => `charged ${amount}`);
 * legacy.on("success", (result) => console.log("seen:", result)); // seen: charged 12
 * console.log(await legacy.fire(12), legacy.opened, legacy.stats.successes); // charged 12 false 1
 * legacy.shutdown();
 * ```
 */
export function toOpossum<A extends unknown[], R>(
  guard: Breaker | Policy<R>,
  action: (...args: A) => R | PromiseLike<R>,
  options: ToOpossumOptions = {},
): OpossumFacade<A, R> {
  const breaker = breakerOf(guard);
  if (breaker === undefined || !isObservable(breaker))
    throw new TypeError(`toOpossum takes a breaker of createBreaker, or a policy with one; got ${showValue(guard)}`);
  requiredFunction("action", action);
  checkOptions("toOpossum", options, OPTIONS);
  return new OpossumView<A, R>(guard, breaker, action, {
    rollingCountTimeout: positiveDuration("rollingCountTimeout", withDefault(options.rollingCountTimeout, 10_000)),
    rollingCountBuckets: integer("rollingCountBuckets", withDefault(options.rollingCountBuckets, 10), 1, 1000),
    rollingPercentilesEnabled: flag("rollingPercentilesEnabled", withDefault(options.rollingPercentilesEnabled, true)),
    enableSnapshots: flag("enableSnapshots", withDefault(options.enableSnapshots, true)),
  });
}

function breakerOf(guard: unknown): Breaker | undefined {
  if (typeof guard !== "object" || guard === null || typeof (guard as Breaker).run !== "function") return undefined;
  return "isolate" in guard ? (guard as Breaker) : (guard as Partial<Policy>).breaker;
}
