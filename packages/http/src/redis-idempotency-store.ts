import { type RedisClient, redisCommand } from "@seaworthy/core";
import { boundedString, checkOptions, showValue } from "@seaworthy/core/options";
import type { IdempotencyRecord, IdempotencyStore } from "./idempotency-store.ts";
import { membersOf } from "./internal/members.ts";

/** Options of {@link redisIdempotencyStore}. */
export interface RedisIdempotencyStoreOptions {
  /** Before every key. @default "seaworthy:idempotency:" */
  prefix?: string;
}

// A value is the claim's token, a line feed, and the record as JSON, so that a script compares a token without parsing.
const IF_OURS = "redis.call('GETRANGE', KEYS[1], 0, #ARGV[1] - 1)";
const COMPLETE = `local holder = ${IF_OURS}
if holder == ARGV[1] or holder == '' then redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end`;
const RENEW = `if ${IF_OURS} == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0`;
const RELEASE = `if ${IF_OURS} == ARGV[1] then redis.call('DEL', KEYS[1]) end`;
const ATTEMPTS = 5;

/**
 * Keeps answers in Redis 6 or later, for several instances of a service. The client is the host's: ioredis or node-redis.
 * A key goes by itself when its time is over. What the server or the client fails with is passed on.
 *
 * @throws TypeError if the client is neither, or an option is malformed
 * @example
 * ```ts
 * import { createIdempotency } from "@seaworthy/http";
 * import { redisIdempotencyStore } from "@seaworthy/http/redis";
 * import type { RedisClient } from "@seaworthy/core";
 * const shared = (client: RedisClient) => createIdempotency({ store: redisIdempotencyStore(client) });
 * ```
 */
export function redisIdempotencyStore(
  client: RedisClient,
  options: RedisIdempotencyStoreOptions = {},
): IdempotencyStore {
  checkOptions("redisIdempotencyStore", options, ["prefix"]);
  const { call, sendCommand } = membersOf(client);
  if (typeof call !== "function" && typeof sendCommand !== "function")
    throw new TypeError(`client must be an ioredis or node-redis client; got ${showValue(client)}`);
  const { prefix = "seaworthy:idempotency:" } = options;
  boundedString("redisIdempotencyStore.prefix", prefix);
  const script = (text: string, key: string, ...values: (string | number)[]): Promise<unknown> =>
    redisCommand(client, "EVAL", text, 1, prefix + key, ...values);
  return {
    async claim(key, fingerprint, token, ttl) {
      const value = write(token, { state: "in-flight", fingerprint });
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const set = await redisCommand(client, "SET", prefix + key, value, "NX", "PX", whole(ttl));
        if (set !== null) return undefined;
        const known = await redisCommand(client, "GET", prefix + key);
        if (known !== null) return read(String(known)); // else it went in between
      }
      throw new Error("the idempotency key went whenever it was looked at; is its time to live too short?");
    },
    async renew(key, token, ttl) {
      // The beginning of what a claim writes: an answer that is there by now is not prolonged.
      return Number(await script(RENEW, key, `${token}\n{"state":"in-flight"`, whole(ttl))) === 1;
    },
    async complete(key, { fingerprint, token, answer, ttl }) {
      await script(COMPLETE, key, token, write(token, { state: "done", fingerprint, answer }), whole(ttl));
    },
    async release(key, token) {
      await script(RELEASE, key, token);
    },
  };
}

const whole = (milliseconds: number): number => Math.max(1, Math.ceil(milliseconds));

const write = (token: string, record: IdempotencyRecord): string => `${token}\n${JSON.stringify(record)}`;

const read = (value: string): IdempotencyRecord =>
  JSON.parse(value.slice(value.indexOf("\n") + 1)) as IdempotencyRecord;
