import {
  boundedString,
  checkOptions,
  clockOption,
  integer,
  oneOf,
  positiveDuration,
  requiredFunction,
  withDefault,
} from "@seaworthy/core/options";
import { CountingLimiter } from "./internal/counting-limiter.ts";
import { KeyList } from "./internal/key-list.ts";
import { LocalCounting } from "./internal/local-counting.ts";
import { checkName, planOf } from "./internal/plan.ts";
import { SharedCounting } from "./internal/shared-counting.ts";
import type { RateLimiter, RateLimiterOptions } from "./rate-limiter.ts";
import { memoryLimitStore } from "./stores/memory-store.ts";

const OPTIONS = [
  "name",
  "limits",
  "algorithm",
  "store",
  "onStoreFailure",
  "storeTimeout",
  "shadowEntries",
  "allowList",
  "blockList",
  "maxWaiting",
  "clock",
];
const STORE_TIMEOUT = "50ms";
const SHADOW_ENTRIES = 10_000;
const MAX_WAITING = 1000;

/**
 * Limits how much a key may do per time, in this process or in a store that many processes share. It fits core's port
 * `Limiter`, such as for `edge({ limits })` of `@seaworthy/http`.
 *
 * @throws TypeError if an option is malformed
 * @example
 * ```ts
 * import { createRateLimiter } from "@seaworthy/ratelimit";
 * const logins = createRateLimiter({
 *   name: "login",
 *   limits: [{ limit: 5, window: "1m" }, { limit: 20, window: "1h" }],
 * });
 * for (let n = 0; n < 5; n++) await logins.consume("192.0.2.7");
 * const { allowed, violated } = await logins.consume("192.0.2.7");
 * console.log(allowed, violated); // false [ '5-per-1m' ]
 * ```
 */
export function createRateLimiter(options: RateLimiterOptions): RateLimiter {
  checkOptions("createRateLimiter", options, OPTIONS);
  const name = checkName("name", options.name);
  const clock = clockOption("clock", options.clock);
  const { algorithm, limits, allowList, blockList } = options;
  if (algorithm !== undefined) oneOf("algorithm", algorithm, ["log", "gcra", "bucket"]);
  const onStoreFailure = oneOf("onStoreFailure", withDefault(options.onStoreFailure, "memory"), [
    "memory",
    "open",
    "closed",
  ]);
  const storeTimeout = positiveDuration("storeTimeout", withDefault(options.storeTimeout, STORE_TIMEOUT));
  const shadowEntries = integer("shadowEntries", withDefault(options.shadowEntries, SHADOW_ENTRIES), 1, 10_000_000);
  const store = options.store === undefined ? memoryLimitStore({ clock }) : options.store;
  requiredFunction("store.apply", store?.apply);
  boundedString("store.source", store.source, 1, 64);
  const counting = store.local
    ? new LocalCounting(store)
    : new SharedCounting({ limiter: name, store, onStoreFailure, storeTimeout, shadowEntries, clock });
  return new CountingLimiter({
    name,
    plan: typeof limits === "function" ? undefined : planOf(limits, algorithm),
    limits: typeof limits === "function" ? limits : () => limits,
    algorithm,
    counting,
    allowList: allowList === undefined ? undefined : new KeyList("allowList", allowList, false),
    blockList: blockList === undefined ? undefined : new KeyList("blockList", blockList, true),
    maxWaiting: integer("maxWaiting", withDefault(options.maxWaiting, MAX_WAITING), 1, 1_000_000),
    clock,
  });
}
