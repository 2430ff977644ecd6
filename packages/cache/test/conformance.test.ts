import { setTimeout as pause } from "node:timers/promises";
import { manualClock } from "@seaworthy/core/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cacheStoreConformance } from "../src/conformance.ts";
import { redisTier } from "../src/redis.ts";
import { memoryTier } from "../src/testing.ts";
import {
  HAS_REDIS,
  ioredisClient,
  ioredisCluster,
  nodeRedisClient,
  nodeRedisCluster,
  type OwnClient,
  type OwnRedis,
  startCluster,
  startRedis,
} from "./servers.ts";

describe("the store in memory", () => {
  const suite = cacheStoreConformance(() => {
    const clock = manualClock();
    const tier = memoryTier({ clock });
    return { open: () => tier.open("suite"), pass: (time) => clock.advance(time) };
  });
  for (const { title, run } of suite) test(title, run);
});

describe.skipIf(!HAS_REDIS)("the store in Redis", () => {
  let server: OwnRedis;
  let cluster: { ports: number[]; kill(): Promise<void> };
  beforeAll(async () => {
    [server, cluster] = await Promise.all([startRedis(), startCluster()]);
  });
  afterAll(async () => {
    await Promise.all([server.kill(), cluster.kill()]);
  });
  const clients: [string, () => Promise<OwnClient>][] = [
    ["ioredis", () => ioredisClient(server.port)],
    ["node-redis", () => nodeRedisClient(server.port)],
    ["a cluster of ioredis", () => ioredisCluster(cluster.ports)],
    ["a cluster of node-redis", () => nodeRedisCluster(cluster.ports)],
  ];
  describe.each(clients)("through %s", (name, connect) => {
    let own: OwnClient;
    beforeAll(async () => {
      own = await connect();
    });
    afterAll(() => own.close());
    let place = 0;
    const suite = cacheStoreConformance(() => {
      place++;
      const tier = redisTier(own.client, { prefix: `${name}-${place}:` });
      return { open: () => tier.open("suite"), pass: (time) => pause(time + 50) };
    });
    for (const { title, run } of suite) test(title, run);

    test("works after the scripts were flushed, and replaces a key of another type", async () => {
      const store = redisTier(own.client, { prefix: `${name}-flushed:` }).open("suite");
      await store.write("k", { value: "v", ttl: 1000 });
      for (const port of name.includes("cluster") ? cluster.ports : [server.port]) {
        const direct = await ioredisClient(port);
        await (direct.client as { call(...words: string[]): Promise<unknown> }).call("SCRIPT", "FLUSH");
        direct.close();
      }
      await store.write("k", { value: "w", ttl: 1000 });
      expect((await store.read(["k"])).values).toEqual(["w"]);
    });
  });
});

test("a client that is neither library's, and malformed options, are refused", () => {
  expect(() => redisTier({} as never)).toThrow("client must be an ioredis or node-redis client");
  const client = { call: async () => 1 } as never;
  expect(() => redisTier(client, { prefix: "a{b}" })).toThrow("prefix must not have braces");
  expect(() => redisTier(client, { deadine: 1 } as never)).toThrow('redisTier has no option "deadine"');
  expect(() => redisTier(client, { subscriber: {} as never })).toThrow("redisTier: subscriber must be");
});
