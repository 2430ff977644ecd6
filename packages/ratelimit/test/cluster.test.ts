import { setTimeout as sleep } from "node:timers/promises";
import type { RedisClient } from "@seaworthy/core";
import { Cluster, Redis } from "ioredis";
import { createCluster } from "redis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { limitStoreConformance } from "../src/conformance.ts";
import { createRateLimiter } from "../src/index.ts";
import { redisLimitStore } from "../src/redis.ts";
import { CAN_START_REDIS, freePort, type OwnRedis, startRedis } from "./servers.ts";

const SLOTS = 16_384;

/** Three nodes, each with a third of the slots. */
async function startCluster(): Promise<OwnRedis[]> {
  // The bus of a node is at its port and 10 000 otherwise, which may be beyond the last port.
  const buses = await Promise.all([0, 1, 2].map(() => freePort()));
  const options = ["--cluster-enabled", "yes", "--cluster-node-timeout", "60000"];
  const nodes = await Promise.all(buses.map((bus) => startRedis([...options, "--cluster-port", String(bus)])));
  const admins = nodes.map(({ port }) => new Redis(port));
  const share = Math.ceil(SLOTS / nodes.length);
  for (const [index, admin] of admins.entries()) {
    await admin.call("CLUSTER", "SET-CONFIG-EPOCH", index + 1);
    await admin.call("CLUSTER", "ADDSLOTSRANGE", index * share, Math.min(SLOTS, (index + 1) * share) - 1);
  }
  for (const [index, { port }] of nodes.entries())
    if (index > 0) await admins[0]?.call("CLUSTER", "MEET", "127.0.0.1", port, buses[index] ?? 0);
  const isReady = async (admin: Redis): Promise<boolean> => {
    const info = String(await admin.call("CLUSTER", "INFO"));
    return (
      info.includes("cluster_state:ok") && info.includes("cluster_known_nodes:3") && info.includes("cluster_size:3")
    );
  };
  for (const admin of admins) while (!(await isReady(admin))) await sleep(50);
  for (const admin of admins) admin.disconnect();
  return nodes;
}

describe.skipIf(!CAN_START_REDIS)("a cluster of three nodes", () => {
  let nodes: OwnRedis[] = [];
  const closing: (() => void)[] = [];
  const clients = new Map<string, RedisClient>();

  beforeAll(async () => {
    nodes = await startCluster();
    const [first] = nodes;
    const cluster = new Cluster([{ host: "127.0.0.1", port: first?.port ?? 0 }]);
    cluster.on("error", () => undefined);
    const nodeRedis = createCluster({ rootNodes: [{ url: `redis://127.0.0.1:${first?.port}` }] });
    nodeRedis.on("error", () => undefined);
    await nodeRedis.connect();
    closing.push(
      () => cluster.disconnect(),
      () => nodeRedis.destroy(),
    );
    clients.set("ioredis", cluster);
    clients.set("node-redis", nodeRedis);
  });

  afterAll(async () => {
    for (const close of closing) close();
    await Promise.all(nodes.map((node) => node.close()));
  });

  describe.each(["ioredis", "node-redis"])("through %s", (name) => {
    let suites = 0;
    const suite = limitStoreConformance(async () => ({
      store: redisLimitStore(clients.get(name) as RedisClient, { prefix: `${name}:${++suites}:` }),
      pass: (ms) => sleep(ms),
    }));
    for (const { title, run } of suite) test.concurrent(title, run);

    test("the keys of many clients are spread over the nodes", async () => {
      const store = redisLimitStore(clients.get(name) as RedisClient, { prefix: `${name}:spread:` });
      const limits = [{ limit: 1, window: "10m" }] as const;
      await using limiter = createRateLimiter({ name: "spread", limits, store, storeTimeout: "30s" });
      const keys = Array.from({ length: 60 }, (_, n) => `client-${n}`);
      const decisions = await Promise.all(keys.flatMap((key) => [limiter.consume(key), limiter.consume(key)]));
      expect(decisions.filter(({ allowed }) => allowed)).toHaveLength(60);
      expect(decisions.filter(({ degraded }) => degraded)).toHaveLength(0);
      for (const { port } of nodes) {
        const admin = new Redis(port);
        expect((await admin.keys(`${name}:spread:*`)).length).toBeGreaterThan(5);
        admin.disconnect();
      }
    });
  });

  test("a client that does not know of the cluster gets one command per key", async () => {
    const [node] = nodes;
    const single = new Redis(node?.port ?? 0);
    const store = redisLimitStore(single, { prefix: "single:" });
    const windows = [{ algorithm: "log", limit: 1, window: 600_000, burst: 1 }] as const;
    const call = (key: string) => store.apply({ limiter: "a", key, windows, action: "consume", amount: 1 });
    const outcomes = await Promise.allSettled(Array.from({ length: 30 }, (_, n) => call(`k${n}`)));
    const answered = outcomes.filter(({ status }) => status === "fulfilled");
    const moved = outcomes.filter((outcome) => outcome.status === "rejected" && /MOVED/.test(String(outcome.reason)));
    expect(answered.length).toBeGreaterThan(0);
    expect(answered.length + moved.length).toBe(30);
    single.disconnect();
  });
});
