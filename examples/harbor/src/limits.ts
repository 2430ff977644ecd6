import type { RedisClient } from "@seaworthy/core";
import type { LimitRule } from "@seaworthy/http";
import { createRateLimiter, memoryLimitStore, rateLimitHeaders } from "@seaworthy/ratelimit";
import { redisLimitStore } from "@seaworthy/ratelimit/redis";
import type { HarborConfig } from "./config.ts";

/** How often one address may log in and submit tasks. */
export interface Limits {
  rules: LimitRule[];
  close(): Promise<void>;
}

/** Counts in this process, or in Redis for all instances. While Redis is away, each instance goes on with its own counts. */
export function createLimits({ limits, redis }: Pick<HarborConfig, "limits" | "redis">, client?: RedisClient): Limits {
  const store =
    client === undefined ? memoryLimitStore() : redisLimitStore(client, { prefix: `${redis.prefix}limits:` });
  const limiters = [
    { match: "POST /auth/login", name: "logins", limit: limits.logins },
    { match: "POST /tasks", name: "tasks", limit: limits.tasks },
  ].map(({ match, name, limit }) => {
    const limiter = createRateLimiter({ name, limits: [{ limit, window: "60s" }], store });
    return { match, limiter, headers: rateLimitHeaders };
  });
  const close = async (): Promise<void> => void (await Promise.all(limiters.map(({ limiter }) => limiter.close())));
  return { rules: limiters, close };
}
