import { type RedisClient, redisCommand } from "@seaworthy/core";
import { manualClock } from "@seaworthy/core/testing";
import { Redis } from "ioredis";
import { createClient, createClientPool } from "redis";
import { afterEach, describe, expect, test } from "vitest";
import { createHealth, redisCheck } from "../src/index.ts";
import { freePort, installed, REDIS_SERVER, reachable, startRedis } from "./reachable.ts";
import { runCheck, until } from "./run-check.ts";

const url = process.env.REDIS_URL ?? "redis://127.0.0.1:6379";
const runs = await reachable(url);
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const clients: Record<string, (at: string) => Promise<RedisClient>> = {
  ioredis: async (at) => {
    const client = new Redis(at, { retryStrategy: () => 50 });
    client.on("error", () => undefined);
    ends.push(() => client.disconnect());
    await client.ping();
    return client;
  },
  "node-redis": async (at) => {
    const client = createClient({ url: at, socket: { reconnectStrategy: 50 } });
    client.on("error", () => undefined);
    await client.connect();
    ends.push(() => client.destroy());
    return client;
  },
};

const own = async (args: string[] = []): Promise<Awaited<ReturnType<typeof startRedis>>> => {
  const server = await startRedis(args);
  ends.push(() => server.kill());
  return server;
};

describe.skipIf(!runs).each(Object.keys(clients))("redisCheck through %s", (name) => {
  const connect = clients[name] as (at: string) => Promise<RedisClient>;

  test("pings, tells memory and role, and leaves no probe key behind", async () => {
    const client = await connect(url);
    const prefix = `seaworthy-health-${process.pid}-${name}:`;
    expect(await runCheck(redisCheck(client, { prefix }))).toMatchObject({
      status: "healthy",
      data: {
        latency: expect.any(Number),
        memory: { used: expect.any(Number), policy: expect.any(String) },
        role: expect.any(String),
        readOnly: false,
      },
    });
    expect(await redisCommand(client, "KEYS", `${prefix}*`)).toEqual([]);
  });
});

describe.skipIf(!installed(REDIS_SERVER)).each(Object.keys(clients))(
  "redisCheck on a server in trouble, through %s",
  (name) => {
    const connect = clients[name] as (at: string) => Promise<RedisClient>;

    test("says that the server is read-only, and is unhealthy unless it is only read", async () => {
      const server = await own();
      const client = await connect(server.url);
      await redisCommand(client, "REPLICAOF", "127.0.0.1", await freePort());
      expect(await runCheck(redisCheck(client))).toMatchObject({
        status: "unhealthy",
        error: "HEALTH_READ_ONLY",
        data: { readOnly: true, role: "slave" },
      });
      expect(await runCheck(redisCheck(client, { write: false }))).toMatchObject({
        status: "healthy",
        data: { readOnly: true },
      });
    });

    test("compares memory with maxmemory: degraded when close to it, unhealthy once writes are refused", async () => {
      const server = await own();
      const client = await connect(server.url);
      await redisCommand(client, "CONFIG", "SET", "maxmemory", 64 * 1024 * 1024);
      expect(await runCheck(redisCheck(client))).toMatchObject({
        status: "healthy",
        data: { memory: { max: 64 * 1024 * 1024, ratio: expect.any(Number), policy: "noeviction" } },
      });
      expect(await runCheck(redisCheck(client, { memory: { degradedAt: 0.001 } }))).toMatchObject({
        status: "degraded",
        error: "HEALTH_MEMORY_HIGH",
      });
      await redisCommand(client, "CONFIG", "SET", "maxmemory", 1);
      expect(await runCheck(redisCheck(client))).toMatchObject({ status: "unhealthy", error: "HEALTH_MEMORY_HIGH" });
    });

    test("a server that evicts is meant to be full", async () => {
      const server = await own(["--maxmemory", "64mb", "--maxmemory-policy", "allkeys-lru"]);
      const client = await connect(server.url);
      expect(await runCheck(redisCheck(client, { memory: { degradedAt: 0.001 } }))).toMatchObject({
        status: "healthy",
        data: { memory: { policy: "allkeys-lru" } },
      });
    });

    test("writes refused after a failed snapshot are unhealthy", async () => {
      const server = await own(["--min-replicas-to-write", "1"]);
      const client = await connect(server.url);
      expect(await runCheck(redisCheck(client))).toMatchObject({ status: "unhealthy", error: "HEALTH_WRITES_REFUSED" });
    });

    test("an account that may not ask for INFO still gets the rest", async () => {
      const server = await own();
      const client = await connect(server.url);
      await redisCommand(client, "ACL", "SETUSER", "default", "-info");
      const report = await runCheck(redisCheck(client));
      expect(report).toMatchObject({ status: "healthy", data: { readOnly: false } });
      expect(report.data).not.toHaveProperty("memory");
    });

    test("a server that is stopped mid-way hangs the check, not the report, and is fine when it goes on", async () => {
      const server = await own();
      const client = await connect(server.url);
      const clock = manualClock();
      const health = createHealth({ clock });
      health.add("cache", redisCheck(client, { clock }), { timeout: 100 });
      server.signal("SIGSTOP");
      for (let run = 0; run < 3; run++) {
        const asked = health.report();
        await clock.advance(100);
        expect((await asked).checks.cache).toMatchObject({ error: "HEALTH_CHECK_TIMEOUT" });
      }
      await clock.advance("2s");
      expect((await health.report()).checks.cache).toMatchObject({ error: "HEALTH_CHECK_HUNG", hangingFor: 2300 });
      server.signal("SIGCONT");
      await until(async () => (await health.report()).status === "healthy");
    });

    test("a killed server is said at once, without waiting for the client's queue, and one that returns is healthy", async () => {
      const server = await own();
      const client = await connect(server.url);
      const check = redisCheck(client);
      expect((await runCheck(check)).status).toBe("healthy");
      await server.kill();
      await until(async () => (await runCheck(check)).error === "HEALTH_NOT_CONNECTED");
      const again = await startRedis([], server.port);
      ends.push(() => again.kill());
      await until(async () => (await runCheck(check)).status === "healthy");
    });
  },
);

describe.skipIf(!runs)("redisCheck", () => {
  test("takes a pool of node-redis", async () => {
    const pool = createClientPool({ url });
    pool.on("error", () => undefined);
    await pool.connect();
    ends.push(() => pool.destroy());
    expect(await runCheck(redisCheck(pool))).toMatchObject({ status: "healthy", data: { readOnly: false } });
  });

  test("a password that is asked for is a code", async () => {
    const client = { call: () => Promise.reject(new Error("NOAUTH Authentication required.")) };
    expect(await runCheck(redisCheck(client))).toMatchObject({ status: "unhealthy", error: "NOAUTH" });
  });

  test("what does not come back as it was written is unhealthy", async () => {
    const client = { call: async (name: string) => (name === "GETDEL" ? "other" : "OK") };
    expect(await runCheck(redisCheck(client))).toMatchObject({ status: "unhealthy", error: "HEALTH_PROBE_MISMATCH" });
  });

  test("makes two round trips, and says how slow a server is whose answers take long", async () => {
    const clock = manualClock();
    let stored: unknown;
    const call = async (name: string, ...args: unknown[]): Promise<unknown> => {
      await new Promise<void>((resolve) => void clock.schedule(resolve, 150));
      if (name === "SET") stored = args[1];
      return name === "GETDEL" ? stored : "";
    };
    const health = createHealth({ clock });
    health.add("cache", redisCheck({ call }, { clock, latency: { degradedAt: 100 } }));
    const asked = health.report();
    await clock.advance(150);
    await clock.advance(150);
    expect((await asked).checks.cache).toMatchObject({ status: "degraded", error: "HEALTH_SLOW", latency: 300 });
  });

  test("reads and deletes the key by two commands if the server is too old for one", async () => {
    const heard: string[] = [];
    let stored: unknown;
    const call = async (name: string, ...args: unknown[]): Promise<unknown> => {
      heard.push(name);
      if (name === "GETDEL") throw new Error("ERR unknown command `GETDEL`, with args beginning with:");
      if (name === "SET") stored = args[1];
      return name === "GET" ? stored : "";
    };
    expect(await runCheck(redisCheck({ call }))).toMatchObject({ status: "healthy", data: { readOnly: false } });
    expect(heard.slice(-3)).toEqual(["GETDEL", "GET", "DEL"]);
  });

  test("is degraded when the ping is slow", async () => {
    const clock = manualClock();
    const client = {
      call: async (name: string, ...args: unknown[]) => {
        if (name === "PING") await clock.advance(30);
        if (name === "SET") stored = args[1];
        return name === "GETDEL" ? stored : "OK";
      },
    };
    let stored: unknown;
    const report = await redisCheck(client, { clock, latency: { degradedAt: 30 } })(new AbortController().signal);
    expect(report).toMatchObject({ status: "degraded", error: "HEALTH_SLOW", data: { latency: 30 } });
  });

  test.each(["close", "disconnecting", "reconnecting", "end"])(
    "an ioredis client in the state %s gets no command, because it would wait in a queue",
    async (status) => {
      const call = (): never => {
        throw new Error("asked");
      };
      const report = await runCheck(redisCheck({ call, status } as never));
      expect(report).toMatchObject({ status: "unhealthy", error: "HEALTH_NOT_CONNECTED" });
    },
  );

  test.each<[string, unknown, unknown?]>([
    ["what is not a client", {}],
    ["a URL", "redis://127.0.0.1"],
    ["an unknown option", { call: async () => "" }, { slowly: 1 }],
    ["a memory share above 1", { call: async () => "" }, { memory: { degradedAt: 90 } }],
    ["write that is not a boolean", { call: async () => "" }, { write: 1 }],
    ["an empty prefix", { call: async () => "" }, { prefix: "" }],
  ])("refuses %s", (_, client, options) => {
    expect(() => redisCheck(client as never, options as never)).toThrow(TypeError);
  });
});
