import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { afterEach, describe, expect, test } from "vitest";
import { type Cache, cacheCheck, createCache } from "../src/index.ts";
import { type RedisTierOptions, redisTier } from "../src/redis.ts";
import {
  HAS_REDIS,
  ioredisClient,
  nodeRedisClient,
  type OwnClient,
  type OwnRedis,
  startRedis,
  until,
} from "./servers.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const own = async (...args: string[]): Promise<OwnRedis> => {
  const server = await startRedis(...args);
  ends.push(() => server.kill());
  return server;
};
const connects: [string, (port: number) => Promise<OwnClient>][] = [
  ["ioredis", ioredisClient],
  ["node-redis", nodeRedisClient],
];
type Connect = (port: number) => Promise<OwnClient>;

/** A cache as of another process, in step with the server. */
async function open(port: number, connectTo: Connect, options: RedisTierOptions = {}): Promise<Cache<number>> {
  const { client, close } = await connectTo(port);
  const remote = redisTier(client, { deadline: "2s", retryAfter: "100ms", ...options });
  const cache = createCache<number>({ name: "faults", ttl: "5m", jitter: 0, remote });
  ends.push(close, () => cache.close());
  await until(() => cache.stats().remote?.state === "synced");
  return cache;
}

const back = (cache: Cache<number>): Promise<void> =>
  until(async () => {
    await cache.get("is it back?");
    return cache.stats().remote?.state === "synced";
  });

describe.skipIf(!HAS_REDIS).each(connects)("on a server in trouble, through %s", (_, connectTo) => {
  test("a frozen server costs each call at most its deadline, and comes back by itself", async () => {
    const server = await own();
    const cache = await open(server.port, connectTo, { deadline: "250ms" });
    const other = await open(server.port, connectTo);
    await cache.set("k", 1);
    server.signal("SIGSTOP");
    let longest = 0;
    for (let n = 0; n < 20; n++) {
      const begun = performance.now();
      expect(await cache.getOrLoad(`new-${n}`, () => n)).toBe(n);
      longest = Math.max(longest, performance.now() - begun);
    }
    // 4 s is what a client's own retries cost; a busy machine may take a while.
    expect(longest).toBeLessThan(3000);
    expect(cache.stats().remote?.state).toBe("unavailable");
    expect(await cache.set("k", 2)).toBe(false);
    server.signal("SIGCONT");
    await back(cache);
    await until(async () => (await other.get("k")) !== 1);
    expect(await other.get("k")).toBeUndefined();
    expect(await cache.getOrLoad("k", () => 3)).toBeGreaterThan(1);
  });

  test("a server that is killed and restarted empty costs no error, and no old value", async () => {
    const server = await own();
    const [one, two] = [await open(server.port, connectTo), await open(server.port, connectTo)];
    await one.set("k", 1);
    expect(await two.get("k")).toBe(1);
    server.signal("SIGKILL");
    await until(async () => {
      expect(await two.getOrLoad("k", () => 2)).toBeGreaterThan(0);
      return two.stats().remote?.state === "unavailable";
    });
    expect(await two.getOrLoad("k", () => 3)).toBeLessThan(3);
    expect(await cacheCheck(two)()).toMatchObject({ status: "degraded", error: "CACHE_MEMORY_ONLY" });
    await server.restart();
    await Promise.all([back(one), back(two)]);
    expect([await one.get("k"), await two.get("k")]).toEqual([undefined, undefined]);
    await one.set("k", 5);
    await until(async () => (await two.get("k")) === 5);
  });

  test("FLUSHALL in the middle empties the memory of all", async () => {
    const server = await own();
    const [one, two] = [await open(server.port, connectTo), await open(server.port, connectTo)];
    await one.set("k", 1);
    await two.get("k");
    await server.command("FLUSHALL");
    await Promise.all([one.get("other"), two.get("other")]);
    await until(async () => (await one.get("k")) === undefined && (await two.get("k")) === undefined);
    await until(() => one.stats().remote?.state === "synced");
    await one.set("k", 2);
    expect(await two.get("k")).toBe(2);
  });

  test("a full server keeps no old value, takes invalidations, and is used again when it has room", async () => {
    const server = await own("--maxmemory-policy", "noeviction");
    const [one, two] = [await open(server.port, connectTo), await open(server.port, connectTo)];
    await one.set("k", 1);
    await one.set("tagged", 1, { tags: ["t"] });
    expect((await two.getMany(["k", "tagged"])).size).toBe(2);
    await server.command("CONFIG", "SET", "maxmemory", 1);
    expect(await one.set("k", 2)).toBe(false);
    await until(async () => (await two.get("k")) === undefined);
    await one.invalidateTag("t");
    await until(async () => (await two.get("tagged")) === undefined);
    expect(await two.getOrLoad("new", () => 7)).toBe(7);
    await server.command("CONFIG", "SET", "maxmemory", 0);
    await Promise.all([back(one), back(two)]);
    expect(await one.set("k", 3)).toBe(true);
    await until(async () => (await two.get("k")) === 3);
  });

  test("a subscription that the server cuts is renewed, and nothing is missed", async () => {
    const server = await own();
    const [one, two] = [await open(server.port, connectTo), await open(server.port, connectTo)];
    await one.set("k", 1);
    await two.get("k");
    await server.command("CLIENT", "KILL", "TYPE", "pubsub");
    await one.set("k", 2);
    await until(async () => (await two.get("k")) === 2);
    await until(() => two.stats().remote?.state === "synced");
    expect(await two.get("k")).toBe(2);
  });

  test("a slow server is left alone: a proxy that delays by more than the deadline", async () => {
    const server = await own();
    const proxy = await startProxy(server.port);
    const cache = await open(proxy.port, connectTo, { deadline: "100ms" });
    proxy.delay = 400;
    for (let n = 0; n < 5; n++) expect(await cache.getOrLoad(`slow-${n}`, () => n)).toBe(n);
    expect(cache.stats().remote?.state).toBe("unavailable");
    proxy.delay = 0;
    await back(cache);
  });
});

describe.skipIf(!HAS_REDIS)("processes", () => {
  test("four of them, two with clocks that are two minutes off, load one key once", async () => {
    const server = await own();
    const file = new URL("./load-once.ts", import.meta.url).pathname;
    const workers = ["0", "0", "120000", "-120000"].map((skew) => {
      const args = ["--conditions=@seaworthy/source", file, `${server.port}`, skew];
      const worker = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
      ends.push(() => worker.kill("SIGKILL"));
      return { worker, lines: createInterface(worker.stdout)[Symbol.asyncIterator]() };
    });
    for (const { lines } of workers) expect((await lines.next()).value).toBe("ready");
    for (const { worker } of workers) worker.stdin.write("go\n");
    const results = await Promise.all(
      workers.map(async ({ lines }) => JSON.parse(String((await lines.next()).value)) as Result),
    );
    expect(await server.command("GET", "loads")).toBe("1");
    expect(new Set(results.flatMap(({ values }) => values)).size).toBe(1);
    for (const { freshFor } of results) expect(freshFor).toBeGreaterThan(40_000);
    await Promise.all(workers.map(({ worker }) => worker.exitCode ?? once(worker, "exit")));
  });

  test("the lease of a process that died ends, and another one loads", async () => {
    const server = await own();
    const cache = await open(server.port, ioredisClient, { lease: { ttl: "300ms", wait: "30s" } });
    const { client, close } = await ioredisClient(server.port);
    const dead = redisTier(client).open("faults");
    expect(await dead.claim("k", { token: "of a process that is gone", ttl: 300 })).toMatchObject({ granted: true });
    expect(await cache.getOrLoad("k", () => 1)).toBe(1);
    close();
  });

  test("an announcement is heard by the others within 100 ms, as the median of 20", async () => {
    const server = await own();
    const [one, two] = [await open(server.port, ioredisClient), await open(server.port, nodeRedisClient)];
    const times: number[] = [];
    for (let n = 0; n < 20; n++) {
      await one.set("k", n);
      expect(await two.get("k")).toBe(n);
      const begun = performance.now();
      await one.delete("k");
      while (two.stats().memory.entries > 0) await new Promise((resolve) => setImmediate(resolve));
      times.push(performance.now() - begun);
    }
    expect(times.sort((a, b) => a - b)[10]).toBeLessThan(100);
  });
});

interface Result {
  values: string[];
  freshFor: number;
}

/** Passes bytes on in both directions, each chunk after a delay. */
async function startProxy(target: number): Promise<{ port: number; delay: number }> {
  const sockets = new Set<Socket>();
  const proxy = { port: 0, delay: 0 };
  const server = createServer((socket) => {
    const upstream = connect(target, "127.0.0.1");
    for (const [from, to] of [
      [socket, upstream],
      [upstream, socket],
    ] as const) {
      sockets.add(from);
      from.on("error", () => to.destroy());
      from.on("close", () => to.destroy());
      from.on("data", (data) => void setTimeout(() => to.write(data), from === upstream ? proxy.delay : 0));
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  proxy.port = (server.address() as { port: number }).port;
  ends.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return proxy;
}
