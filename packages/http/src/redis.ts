export type { RedisIdempotencyStoreOptions } from "./redis-idempotency-store.ts";
export { redisIdempotencyStore } from "./redis-idempotency-store.ts";
