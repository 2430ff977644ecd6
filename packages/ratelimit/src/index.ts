export { clientKey } from "./client-key.ts";
export { createConcurrencyLimiter } from "./create-concurrency-limiter.ts";
export { createRateLimiter } from "./create-rate-limiter.ts";
export { createTripwire } from "./create-tripwire.ts";
export { providerLimits } from "./provider-limits.ts";
export { quotaExceeded } from "./quota-exceeded.ts";
export { rateLimitHeaders } from "./rate-limit-headers.ts";
export { memoryLimitStore } from "./stores/memory-store.ts";

export type { ClientKeyOptions } from "./client-key.ts";
export type {
  ConcurrencyLease,
  ConcurrencyLimiter,
  ConcurrencyLimiterOptions,
  LeaseOptions,
} from "./concurrency-limiter.ts";
export type { ProviderLimits, ProviderResponse } from "./provider-limits.ts";
export type { RateLimitHeadersOptions } from "./rate-limit-headers.ts";
export type {
  AcquireOptions,
  LimitAlgorithm,
  PolicyState,
  RateLimit,
  RateLimitDecision,
  RateLimiter,
  RateLimiterOptions,
  RateLimits,
} from "./rate-limiter.ts";
export type { MemoryLimitStoreOptions } from "./stores/memory-store.ts";
export type {
  KnownUsage,
  LeaseAnswer,
  LeaseCall,
  LimitAnswer,
  LimitCall,
  LimitStore,
  LimitWindow,
  WindowUsage,
} from "./stores/store.ts";
export type { Trip, Tripwire, TripwireOptions, TripwireRule } from "./tripwire.ts";
