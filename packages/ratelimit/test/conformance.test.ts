import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { RedisClient } from "@seaworthy/core";
import { manualClock } from "@seaworthy/core/testing";
import { Redis } from "ioredis";
import { createClient } from "redis";
import { afterAll, describe, expect, test } from "vitest";
import { reachable } from "../../core/test/reachable.ts";
import { type LimitConformancePlace, limitStoreConformance } from "../src/conformance.ts";
import { memoryLimitStore } from "../src/index.ts";
import { redisLimitStore } from "../src/redis.ts";

function suite(createPlace: () => Promise<LimitConformancePlace>): void {
  // At the same time, because the time of a real server passes at its own pace.
  for (const { title, run } of limitStoreConformance(createPlace)) test.concurrent(title, run);
}

describe("the memory store", () => {
  suite(async () => {
    const clock = manualClock();
    return { store: memoryLimitStore({ clock }), pass: (ms) => clock.advance(ms) };
  });
});

const url = process.env.REDIS_URL ?? "redis://127.0.0.1:6379";
const runs = await reachable(url);
const own = `seaworthy-test-${randomUUID()}:`;
const ioredis = new Redis(url, { lazyConnect: true });
const nodeRedis = createClient({ url });
if (runs) await Promise.all([ioredis.connect(), nodeRedis.connect()]);

afterAll(async () => {
  if (!runs) return;
  const left = await ioredis.keys(`${own}*`);
  if (left.length > 0) await ioredis.del(...left);
  ioredis.disconnect();
  nodeRedis.destroy();
});

const clients: [string, RedisClient][] = [
  ["ioredis", ioredis],
  ["node-redis", nodeRedis],
];

describe.skipIf(!runs).each(clients)("the Redis store through %s", (_name, client) => {
  suite(async () => ({
    store: redisLimitStore(client, { prefix: `${own}${randomUUID()}:` }),
    pass: (ms) => sleep(ms), // the time of a real server
  }));

  test("neither keys nor their values contain what was counted, and all of them end by themselves", async () => {
    const prefix = `${own}${randomUUID()}:`;
    const store = redisLimitStore(client, { prefix });
    const windows = [{ algorithm: "log", limit: 5, window: 60_000, burst: 5 }] as const;
    const key = "anna@example.com";
    await store.apply({ limiter: "login", key, windows, action: "consume", amount: 1 });
    await store.lease({ limiter: "login", key, action: "acquire", holder: "h", limit: 1, ttl: 9000 });
    const keys = await ioredis.keys(`${prefix}*`);
    expect(keys).toHaveLength(2);
    for (const name of keys) {
      expect(name).toMatch(/login:(lease:)?\{[\w-]{22}\}$/);
      expect(await ioredis.dump(name)).not.toContain("anna");
      expect(await ioredis.pttl(name)).toBeGreaterThan(1000);
    }
  });

  test("with a secret, the same key has another name", async () => {
    const prefix = `${own}${randomUUID()}:`;
    const windows = [{ algorithm: "log", limit: 5, window: 60_000, burst: 5 }] as const;
    const call = { limiter: "a", key: "k", windows, action: "consume", amount: 1 } as const;
    const used = async (secret?: string): Promise<number | undefined> => {
      const store = redisLimitStore(client, secret === undefined ? { prefix } : { prefix, secret });
      return (await store.apply(call)).windows[0]?.used;
    };
    const [first, second] = ["a secret of the host 1", "a secret of the host 2"];
    expect([await used(), await used(first), await used(second), await used(first)]).toEqual([1, 1, 1, 2]);
  });
});

test("malformed arguments are refused", () => {
  expect(() => redisLimitStore({} as never)).toThrow("client must be an ioredis or node-redis client; got an object");
  expect(() => redisLimitStore(ioredis, { prefix: "" })).toThrow("prefix must be a string of 1 to 200 characters");
  expect(() => redisLimitStore(ioredis, { secret: "short" })).toThrow("secret must be a string of 16 to 1024");
  expect(() => redisLimitStore(ioredis, { ttl: 1 } as never)).toThrow('no option "ttl"');
  expect(() => memoryLimitStore({ entries: 0 })).toThrow("entries must be an integer from 1 to 10000000; got 0");
});
