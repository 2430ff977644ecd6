import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Cluster, Redis } from "ioredis";
import { createClient, createCluster } from "redis";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { isRedisCluster, type RedisClient, redisCommand, subscribeRedis } from "../src/index.ts";
import { reachable } from "./reachable.ts";

const REDIS_SERVER = "redis-server";
const redisRuns = await reachable(process.env.REDIS_URL ?? "redis://127.0.0.1:6379");

/** Ports for the server and for its cluster bus, both free a moment ago. */
async function freePorts(): Promise<[number, number]> {
  const servers = [createServer().listen(0, "127.0.0.1"), createServer().listen(0, "127.0.0.1")];
  const ports = await Promise.all(
    servers.map(async (server) => {
      await once(server, "listening");
      return (server.address() as { port: number }).port;
    }),
  );
  for (const server of servers) server.close();
  return ports as [number, number];
}

const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  await vi.waitFor(async () => expect(await holds()).toBe(true), { timeout: 20_000, interval: 10 });
};

describe.skipIf(!redisRuns)("a subscription", () => {
  const servers: ChildProcess[] = [];
  const ends: (() => unknown)[] = [];
  let folder: string;
  let port: number;
  const start = (...args: string[]): ChildProcess => {
    const fixed = ["--bind", "127.0.0.1", "--save", "", "--dir", folder];
    const server = spawn(REDIS_SERVER, [...fixed, ...args], { stdio: "ignore" });
    servers.push(server);
    return server;
  };
  const clusterPorts: number[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "seaworthy-core-"));
    port = (await freePorts())[0];
    start("--port", `${port}`);
    for (let node = 0; node < 3; node++) {
      const [own, bus] = await freePorts();
      clusterPorts.push(own);
      const config = ["--cluster-enabled", "yes", "--cluster-config-file", `nodes-${node}.conf`];
      start("--port", `${own}`, "--cluster-port", `${bus}`, ...config, "--pidfile", join(folder, `${node}.pid`));
    }
    await formCluster(clusterPorts);
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });
  afterAll(async () => {
    for (const server of servers) server.kill("SIGKILL");
    await Promise.all(servers.map((server) => server.exitCode ?? server.signalCode ?? once(server, "exit")));
    await rm(folder, { recursive: true, force: true });
  });

  const clients: Record<string, () => Promise<RedisClient>> = {
    ioredis: async () => {
      const client = new Redis(port);
      client.on("error", () => undefined);
      ends.push(() => client.disconnect());
      return client;
    },
    "node-redis": async () => {
      const client = createClient({ url: `redis://127.0.0.1:${port}` });
      client.on("error", () => undefined);
      await client.connect();
      ends.push(() => client.destroy());
      return client as unknown as RedisClient;
    },
    "a cluster of ioredis": async () => {
      const client = new Cluster(clusterPorts.map((own) => ({ host: "127.0.0.1", port: own })));
      ends.push(() => client.disconnect());
      await until(() => client.status === "ready");
      return client;
    },
    "a cluster of node-redis": async () => {
      const rootNodes = clusterPorts.map((own) => ({ url: `redis://127.0.0.1:${own}` }));
      const client = createCluster({ rootNodes });
      client.on("error", () => undefined);
      await client.connect();
      ends.push(() => client.destroy());
      return client as unknown as RedisClient;
    },
  };

  test.each(Object.keys(clients))("of %s hears what is published, also after its connection was cut", async (name) => {
    const client = await (clients[name] as () => Promise<RedisClient>)();
    expect(isRedisCluster(client)).toBe(name.startsWith("a cluster"));
    const messages: string[] = [];
    const changes: boolean[] = [];
    const channel = `news-${name}`;
    const subscription = subscribeRedis(client, {
      channel,
      onMessage: (message) => void messages.push(message),
      onChange: (active) => void changes.push(active),
    });
    ends.push(() => subscription.close());
    await until(() => subscription.active);
    await redisCommand(client, "PUBLISH", channel, "first ☃");
    await until(() => messages.length === 1);
    subscription.renew();
    expect(subscription.active).toBe(false);
    await until(() => subscription.active);
    await redisCommand(client, "PUBLISH", channel, "second");
    await until(() => messages.length === 2);
    // The server cuts the connection.
    for (const own of name.startsWith("a cluster") ? clusterPorts : [port]) {
      const direct = new Redis(own);
      await direct.call("CLIENT", "KILL", "TYPE", "pubsub");
      direct.disconnect();
    }
    await until(() => changes.length === 5);
    await redisCommand(client, "PUBLISH", channel, "third");
    await until(() => messages.length === 3);
    expect(changes).toEqual([true, false, true, false, true]);
    expect(messages).toEqual(["first ☃", "second", "third"]);
    await subscription.close();
    expect(subscription.active).toBe(false);
    await redisCommand(client, "PUBLISH", channel, "fourth");
    expect(messages).toHaveLength(3);
  });

  test.each(Object.keys(clients))("commands of %s reach the node of their key", async (name) => {
    const client = await (clients[name] as () => Promise<RedisClient>)();
    for (let n = 0; n < 20; n++) {
      expect(await redisCommand(client, "SET", `key-${n}`, n)).toBe("OK");
      expect(await redisCommand(client, "EVAL", "return redis.call('GET', KEYS[1])", 1, `key-${n}`)).toBe(`${n}`);
    }
    expect(await redisCommand(client, "PING")).toBe("PONG");
    expect(await redisCommand(client, "EVAL", "return 7", 0)).toBe(7);
  });
});

test("a client that cannot be duplicated is refused, as are malformed options", () => {
  const options = { channel: "c", onMessage: () => undefined, onChange: () => undefined };
  expect(() => subscribeRedis({ call: async () => 1 } as never, options)).toThrow("client must have duplicate()");
  expect(() => subscribeRedis({} as never, { ...options, channel: "" })).toThrow("channel must be");
  expect(() => subscribeRedis({} as never, { ...options, onMessage: 1 as never })).toThrow("onMessage must be");
});

async function formCluster(ports: readonly number[]): Promise<void> {
  const nodes = ports.map((own) => new Redis(own));
  for (const node of nodes) node.on("error", () => undefined);
  const slots = [
    [0, 5460],
    [5461, 10922],
    [10923, 16383],
  ];
  for (const [index, node] of nodes.entries()) {
    const [from = 0, to = 0] = slots[index] ?? [];
    await node.call("CLUSTER", "ADDSLOTSRANGE", from, to);
    const info = String(await nodes[0]?.call("CLUSTER", "INFO"));
    expect(info).toContain("cluster_");
  }
  for (const [index, own] of ports.entries()) {
    const bus = String(await nodes[index]?.call("CONFIG", "GET", "cluster-port"))
      .split(",")
      .at(-1) as string;
    if (index > 0) await nodes[0]?.call("CLUSTER", "MEET", "127.0.0.1", own, bus);
  }
  for (const node of nodes)
    await until(async () => {
      const info = String(await node.call("CLUSTER", "INFO"));
      return info.includes("cluster_state:ok") && info.includes("cluster_known_nodes:3");
    });
  for (const node of nodes) node.disconnect();
}
