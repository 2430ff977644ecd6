import { type RedisClient, redisCommand } from "@seaworthy/core";
import { errors } from "../errors.ts";
import type { OpenRecords, Records } from "./records.ts";

// One script, so that two instances cannot both take the last place.
const PUT = `if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then
  if redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) then return -1 end
  local place = redis.call('INCR', KEYS[2])
  redis.call('ZADD', KEYS[3], place, ARGV[1])
  if KEYS[4] then redis.call('ZADD', KEYS[4], place, ARGV[1]) end
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return redis.call('HLEN', KEYS[1])`;

/** Keeps records in Redis, for several instances of this service. The braces in the keys keep one kind on one node of a cluster. */
export const redisRecords =
  (client: RedisClient, prefix: string): OpenRecords =>
  <T>(kind: string, limit: number): Records<T> => {
    const run = async (name: string, ...args: (string | number)[]): Promise<unknown> => {
      try {
        return await redisCommand(client, name, ...args);
      } catch (cause) {
        throw errors.HARBOR_STORE_UNAVAILABLE({ kind, command: name }, { cause });
      }
    };
    const key = (name: string): string => `${prefix}{${kind}}:${name}`;
    const order = (status: string | undefined): string => key(status === undefined ? "order" : `order:${status}`);
    return {
      async put(id, record, status) {
        const keys = [key("records"), key("sequence"), order(undefined)];
        if (status !== undefined) keys.push(order(status));
        const args = [id, JSON.stringify(record), limit];
        const size = Number(await run("EVAL", PUT, keys.length, ...keys, ...args));
        if (size < 0) throw errors.HARBOR_STORE_FULL({ limit });
        return size;
      },
      async get(id) {
        const found = await run("HGET", key("records"), id);
        return found === null ? undefined : (JSON.parse(String(found)) as T);
      },
      async page({ skip, limit: length, status }) {
        const total = Number(await run("ZCARD", order(status)));
        const ids = (await run("ZRANGE", order(status), skip, skip + length - 1)) as unknown[];
        if (ids.length === 0) return { total, items: [] };
        const found = (await run("HMGET", key("records"), ...ids.map(String))) as unknown[];
        return { total, items: found.filter((item) => item !== null).map((item) => JSON.parse(String(item)) as T) };
      },
    };
  };
