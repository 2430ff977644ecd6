export type { RedisTierOptions } from "./redis/redis-tier.ts";
export { redisTier } from "./redis/redis-tier.ts";
