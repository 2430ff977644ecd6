export { cacheCheck } from "./check.ts";
export { jsonCodec, structuredCodec } from "./codec.ts";
export { createCache } from "./create-cache.ts";
export { vaultKeys } from "./keys.ts";
export { memoize } from "./memoize.ts";

export type {
  Cache,
  CacheEntry,
  KeepOptions,
  Load,
  LoadContext,
  LoadMany,
  LoadOptions,
  Many,
  SetOptions,
} from "./cache.ts";
export type { CacheCheckOutcome } from "./check.ts";
export type { Codec } from "./codec.ts";
export type { CacheErrorCode } from "./errors.ts";
export type { CacheKey, CacheKeys, VaultLike } from "./keys.ts";
export type { Memoized, MemoizeOptions } from "./memoize.ts";
export type { CacheOptions, LoadTimeouts, MemoryOptions } from "./options.ts";
export type { LeaseOptions, RemoteTier, RemoteTierOptions } from "./remote-tier.ts";
export type { CacheStats, LoadStats, MemoryStats, RemoteStats } from "./stats.ts";
export type {
  Announcement,
  CacheStore,
  HeardAnnouncement,
  StoreClaim,
  StoreListener,
  StoreRead,
  StoreState,
  StoreSubscription,
} from "./store.ts";
