import { createHmac, hash } from "node:crypto";
import type { RedisClient } from "@seaworthy/core";
import { readMember } from "@seaworthy/core/objects";
import { boundedString, checkOptions, showValue, withDefault } from "@seaworthy/core/options";
import { LEASE_SCRIPT } from "../internal/lease-script.ts";
import { LimitBatches, type LimitReply } from "../internal/limit-batches.ts";
import { RedisScript } from "../internal/redis-script.ts";
import type { LimitAnswer, LimitCall, LimitStore, WindowUsage } from "./store.ts";

/** Options of {@link redisLimitStore}. */
export interface RedisLimitStoreOptions {
  /** Before every key, 1 to 200 characters. @default "seaworthy:limit:" */
  prefix?: string;
  /**
   * A secret of 16 to 1024 characters with which keys are hashed. Without it, somebody who can read Redis can find out by
   * trying whether a certain address or account is counted. All processes need the same one.
   * @default none: SHA-256
   */
  secret?: string;
}

const OPTIONS = ["prefix", "secret"];
const PREFIX = "seaworthy:limit:";
// 132 bits in base64url.
const DIGEST_LENGTH = 22;
const PER_MILLISECOND = 1000;
const leaseScript = new RedisScript(LEASE_SCRIPT);

/**
 * Counts in Redis 6 or later, or Valkey, for any number of processes. The client is the host's: ioredis or node-redis, or
 * the cluster of one of them. Each operation is one script on one key, with the time of the server. Keys are hashed, so that
 * neither addresses nor names are in Redis, and they end by themselves.
 *
 * @throws TypeError if the client is neither, or an option is malformed
 * @example
 * ```ts
 * import type { RedisClient } from "@seaworthy/core";
 * import { createRateLimiter } from "@seaworthy/ratelimit";
 * import { redisLimitStore } from "@seaworthy/ratelimit/redis";
 * const logins = (client: RedisClient) =>
 *   createRateLimiter({ name: "login", limits: [{ limit: 5, window: "60s" }], store: redisLimitStore(client) });
 * ```
 */
export function redisLimitStore(client: RedisClient, options: RedisLimitStoreOptions = {}): LimitStore {
  if (typeof readMember(client, "call") !== "function" && typeof readMember(client, "sendCommand") !== "function")
    throw new TypeError(`client must be an ioredis or node-redis client; got ${showValue(client)}`);
  checkOptions("redisLimitStore", options, OPTIONS);
  const prefix = boundedString("prefix", withDefault(options.prefix, PREFIX), 1, 200);
  const digest = digestWith(options.secret);
  const batches = new LimitBatches(client);
  return {
    source: "redis",
    local: false,
    async apply(call) {
      const reply = await batches.apply(`${prefix}${call.limiter}:{${digest(call.key)}}`, call);
      return answerOf(reply, call);
    },
    async lease({ limiter, key, action, holder, limit, ttl }) {
      const name = `${prefix}${limiter}:lease:{${digest(key)}}`;
      const args = [action, holder, limit, ttl];
      const reply = await leaseScript.run(client, { keys: [name], args, length: 3 });
      const [held = 0, inUse = 0, freeAfter = 0] = reply;
      return { held: held === 1, inUse, freeAfter: freeAfter / PER_MILLISECOND };
    },
  };
}

function digestWith(secret: string | undefined): (key: string) => string {
  if (secret === undefined) return (key) => hash("sha256", key, "base64url").slice(0, DIGEST_LENGTH);
  boundedString("secret", secret, 16, 1024);
  return (key) => createHmac("sha256", secret).update(key).digest("base64url").slice(0, DIGEST_LENGTH);
}

function answerOf(reply: LimitReply, { windows }: LimitCall): LimitAnswer {
  const [allowed, blocked = 0, generation = 0, ...rest] = reply;
  const usage = windows.map((_, index): WindowUsage => {
    const at = index * 3;
    const retry = rest[at + 2] ?? 0;
    return {
      used: rest[at] ?? 0,
      resetAfter: (rest[at + 1] ?? 0) / PER_MILLISECOND,
      retryAfter: retry < 0 ? Number.POSITIVE_INFINITY : retry / PER_MILLISECOND,
    };
  });
  return { allowed: allowed === 1, blockedFor: blocked / PER_MILLISECOND, windows: usage, generation };
}
