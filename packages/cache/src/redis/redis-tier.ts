import { isRedisCluster, type RedisClient } from "@seaworthy/core";
import { readMember } from "@seaworthy/core/objects";
import { boundedString, checkOptions, showValue, withDefault } from "@seaworthy/core/options";
import { TIER_OPTIONS } from "../internal/link-settings.ts";
import { RedisStore } from "../internal/redis-store.ts";
import type { RemoteTier, RemoteTierOptions } from "../remote-tier.ts";

/** Options of {@link redisTier}. */
export interface RedisTierOptions extends RemoteTierOptions {
  /** Before every key and channel: 1 to 200 characters. @default "seaworthy:cache:" */
  prefix?: string;
  /** The client that is duplicated for the subscription, if the one for commands cannot be, such as a pool. @default the client */
  subscriber?: RedisClient;
}

const OPTIONS = [...TIER_OPTIONS, "prefix", "subscriber"];

/**
 * Keeps values in Redis 6 or later, or Valkey, for all processes that have a cache of the same name and prefix. The client
 * is the host's: ioredis, node-redis, or one of their cluster clients. One further connection is opened per cache, for
 * announcements.
 *
 * @throws TypeError if the client is neither, or an option is malformed
 * @example
 * ```ts
 * import { createCache } from "@seaworthy/cache";
 * import { redisTier } from "@seaworthy/cache/redis";
 * import type { RedisClient } from "@seaworthy/core";
 * const shared = (client: RedisClient) => createCache({ name: "users", ttl: "5m", remote: redisTier(client) });
 * ```
 */
export function redisTier(client: RedisClient, options: RedisTierOptions = {}): RemoteTier {
  checkClient("client", client);
  const { prefix, subscriber, ...others } = checked(options);
  return {
    ...others,
    open: (name) => new RedisStore({ client, subscriber: subscriber ?? client, namespace: `${prefix}${name}` }),
  };
}

function checked(options: RedisTierOptions): RedisTierOptions & { prefix: string } {
  checkOptions("redisTier", options, OPTIONS);
  const { prefix: givenPrefix, subscriber, ...others } = options;
  const prefix = boundedString("redisTier: prefix", withDefault(givenPrefix, "seaworthy:cache:"), 1, 200);
  // A brace would decide the slot of every key.
  if (/[{}]/.test(prefix)) throw new TypeError(`redisTier: prefix must not have braces; got ${showValue(prefix)}`);
  if (subscriber === undefined) return { ...others, prefix };
  checkClient("redisTier: subscriber", subscriber);
  return { ...others, prefix, subscriber };
}

function checkClient(name: string, client: RedisClient): void {
  const fits =
    isRedisCluster(client) ||
    typeof readMember(client, "call") === "function" ||
    typeof readMember(client, "sendCommand") === "function";
  if (!fits) throw new TypeError(`${name} must be an ioredis or node-redis client; got ${showValue(client)}`);
}
