export type { RedisLimitStoreOptions } from "./stores/redis-store.ts";
export { redisLimitStore } from "./stores/redis-store.ts";
