export type { CacheControlOptions } from "./http/cache-control.ts";
export { cacheControl } from "./http/cache-control.ts";
export { entityTag, isNotModified } from "./http/entity-tag.ts";
export type { ResponseCache, ResponseCacheOptions, StoredResponse } from "./http/response-cache.ts";
export { createResponseCache } from "./http/response-cache.ts";
