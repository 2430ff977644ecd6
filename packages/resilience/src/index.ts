export { createBreaker } from "./breaker/create-breaker.ts";
export { adaptiveBulkhead } from "./bulkhead/adaptive-bulkhead.ts";
export { createBulkhead } from "./bulkhead/create-bulkhead.ts";
export { compose } from "./compose.ts";
export { guardStream } from "./guard-stream.ts";
export { guardedFetch } from "./guarded-fetch.ts";
export { hedge } from "./hedge.ts";
export { policy } from "./create-policy.ts";
export { keyed } from "./keyed.ts";
export { retry } from "./retry.ts";
export { parseRetryAfter } from "./retry-after.ts";
export { retryBudget } from "./retry-budget.ts";
export { stopRetrying } from "./stop-retrying.ts";
export { tiers } from "./tiers.ts";
export { withTimeout } from "./with-timeout.ts";

export type { Backoff, BackoffFunction, Jitter } from "./backoff.ts";
export type {
  Breaker,
  BreakerChange,
  BreakerMode,
  BreakerOpening,
  BreakerOptions,
  BreakerSnapshot,
  BreakerState,
  BreakerStats,
  BreakerWindow,
  GrowingOpenTime,
  SlowCallOptions,
} from "./breaker/breaker.ts";
export type { AdaptiveBulkheadOptions } from "./bulkhead/adaptive-bulkhead.ts";
export type { Bulkhead, BulkheadOptions, BulkheadStats, QueueOptions } from "./bulkhead/bulkhead.ts";
export type { Call, Operation, Runner, RunOptions } from "./call.ts";
export type { ResilienceErrorCode } from "./errors.ts";
export type { StreamOptions } from "./guard-stream.ts";
export type { FetchLike, GuardedFetch, GuardedFetchOptions, GuardedInit } from "./guarded-fetch.ts";
export type { HedgeRunOptions } from "./hedge.ts";
export type { HedgeOptions } from "./hedge-options.ts";
export type { PolicyExplanation } from "./explanation.ts";
export type { Outcome, Policy, PolicyOptions } from "./policy.ts";
export type { RetryRunOptions } from "./retry.ts";
export type { RetryBudget, RetryBudgetOptions } from "./retry-budget.ts";
export type { KeyedOptions, Keyed } from "./keyed.ts";
export type { RetryNotice, RetryOptions } from "./retry-options.ts";
export type {
  Tier,
  TierAnswer,
  TierFailure,
  TierRunOptions,
  TierStats,
  Tiers,
  TiersOptions,
} from "./tier.ts";
export type { TimeoutOptions } from "./with-timeout.ts";
