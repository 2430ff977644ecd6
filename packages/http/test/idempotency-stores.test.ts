import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { RedisClient } from "@seaworthy/core";
import { manualClock } from "@seaworthy/core/testing";
import { Redis } from "ioredis";
import { createClient } from "redis";
import { afterAll, describe, expect, test } from "vitest";
import { reachable } from "../../core/test/reachable.ts";
import { type IdempotencyStorePlace, idempotencyStoreConformance } from "../src/conformance.ts";
import { createIdempotency, memoryIdempotencyStore } from "../src/index.ts";
import { redisIdempotencyStore } from "../src/redis.ts";

function suite(createPlace: () => Promise<IdempotencyStorePlace>): void {
  for (const { title, run } of idempotencyStoreConformance(createPlace)) test(title, run);
}

describe("the memory store", () => {
  suite(async () => {
    const clock = manualClock();
    return { store: memoryIdempotencyStore({ clock }), pass: (ms) => clock.advance(ms) };
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
    store: redisIdempotencyStore(client, { prefix: `${own}${randomUUID()}:` }),
    pass: (ms) => sleep(ms), // the time of a real server
  }));

  test("two instances that share it run the work of a key once", async () => {
    const prefix = `${own}${randomUUID()}:`;
    const instances = [1, 2].map(() => createIdempotency({ store: redisIdempotencyStore(client, { prefix }) }));
    let ran = 0;
    const work = async () => ({ status: 201, headers: [], body: `run ${++ran}` });
    const first = await instances[0]?.run("key", "user", ["POST /orders"], work);
    const second = await instances[1]?.run("key", "user", ["POST /orders"], work);
    expect([first?.replayed, second?.replayed, second?.answer.body, ran]).toEqual([false, true, "run 1", 1]);
  });
});

describe("options of the Redis store", () => {
  test.each([[undefined], [null], ["redis://localhost"], [{}]])("a client of %j is refused", (client) => {
    expect(() => redisIdempotencyStore(client as unknown as RedisClient)).toThrow(/^client must be/);
  });

  test.each([[{ prefix: "" }], [{ prefix: 5 }], [{ ttl: 1 }]])("options of %j are refused", (options) => {
    const client: RedisClient = { call: async () => null };
    expect(() => redisIdempotencyStore(client, options as never)).toThrow(TypeError);
  });

  test("a server that fails is passed on, and a key that always disappears is an error instead of an endless loop", async () => {
    const failing = redisIdempotencyStore({ call: () => Promise.reject(new Error("READONLY")) });
    await expect(failing.claim("k", "f", "t", 1)).rejects.toThrow("READONLY");
    const going = redisIdempotencyStore({ call: async () => null });
    await expect(going.claim("k", "f", "t", 1)).rejects.toThrow("too short");
  });
});
