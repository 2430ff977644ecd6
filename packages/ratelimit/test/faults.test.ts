import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { RedisClient } from "@seaworthy/core";
import { captureTelemetry } from "@seaworthy/core/testing";
import { Redis } from "ioredis";
import { createClient } from "redis";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  createConcurrencyLimiter,
  createRateLimiter,
  type RateLimiter,
  type RateLimiterOptions,
} from "../src/index.ts";
import { redisLimitStore } from "../src/redis.ts";
import { CAN_START_REDIS, type OwnRedis, startRedis } from "./servers.ts";

const limits = [{ limit: 5, window: "10m" }] as const;

interface Connection {
  readonly client: RedisClient;
  close(): void;
}

const kinds: [string, (port: number) => Promise<Connection>][] = [
  [
    "ioredis with its defaults",
    async (port) => {
      const client = new Redis(port);
      client.on("error", () => undefined);
      await client.ping();
      return { client, close: () => client.disconnect() };
    },
  ],
  [
    "node-redis with its defaults",
    async (port) => {
      const client = createClient({ url: `redis://127.0.0.1:${port}` });
      client.on("error", () => undefined);
      await client.connect();
      return { client, close: () => client.destroy() };
    },
  ],
];

/** Waits until a call is answered by the store again, and returns after how many milliseconds that was. */
async function recovered(limiter: RateLimiter): Promise<number> {
  const start = performance.now();
  while ((await limiter.peek("recovery")).degraded) await sleep(10);
  return performance.now() - start;
}

describe.skipIf(!CAN_START_REDIS).each(kinds)("a limiter through %s", (_kind, open) => {
  let server: OwnRedis;
  let connection: Connection;
  const limiters: RateLimiter[] = [];

  beforeEach(async () => {
    server = await startRedis();
    connection = await open(server.port);
  });
  afterEach(async () => {
    for (const limiter of limiters.splice(0)) await limiter.close();
    connection.close();
    await server.close();
  });

  /** On a busy machine, an answer may take longer than 50 ms for reasons that are not the server's. */
  const make = (options: Partial<RateLimiterOptions> = {}): RateLimiter => {
    const store = redisLimitStore(connection.client);
    const limiter = createRateLimiter({ name: "faults", limits, store, storeTimeout: "250ms", ...options });
    limiters.push(limiter);
    return limiter;
  };

  test("goes on from its own counts while the server is frozen, and tells it afterwards", async () => {
    using telemetry = captureTelemetry();
    const limiter = make();
    for (let n = 0; n < 3; n++) await limiter.consume("a");
    server.process.kill("SIGSTOP");
    const first = await limiter.consume("a");
    expect(first).toMatchObject({ allowed: true, remaining: 1, source: "memory", degraded: true });
    for (let n = 0; n < 4; n++) await limiter.peek("a");
    const start = performance.now();
    for (let n = 0; n < 200; n++) await limiter.consume("a");
    // 200 calls, each of which would wait for the deadline.
    expect(performance.now() - start).toBeLessThan(20 * 250);
    expect((await limiter.consume("a")).allowed).toBe(false);
    server.process.kill("SIGCONT");
    await recovered(limiter);
    const after = await limiter.consume("a");
    expect(after).toMatchObject({ allowed: false, source: "redis", degraded: false });
    expect(after.policies[0]?.remaining).toBe(0);
    const states = telemetry.of("ratelimit.degradation").map(({ labels }) => labels.state);
    expect(states.at(0)).toBe("degraded");
    expect(states.at(-1)).toBe("recovered");
    const other = make();
    expect((await other.consume("a")).allowed).toBe(false);
  });

  test("gives no key a fresh quota if the server is killed and comes back empty", async () => {
    const limiter = make();
    for (let n = 0; n < 2; n++) await limiter.consume("a");
    for (let n = 0; n < 5; n++) await limiter.consume("spent");
    await server.kill();
    for (let n = 0; n < 6; n++) await limiter.consume("missed");
    expect((await limiter.consume("a")).source).toBe("memory");
    expect((await limiter.consume("spent")).allowed).toBe(false);
    await server.restart();
    await recovered(limiter);
    expect(await limiter.consume("a")).toMatchObject({ allowed: true, remaining: 1, source: "redis" });
    expect((await limiter.consume("spent")).allowed).toBe(false);
    expect((await limiter.consume("missed")).allowed).toBe(false);
    // A process that was not there reads it from the server.
    const other = make();
    expect(await other.peek("a")).toMatchObject({ remaining: 1, source: "redis" });
    expect((await other.peek("missed")).allowed).toBe(false);
  });

  test("resets, blocks and refunds of the time without a server reach it", async () => {
    const limiter = make();
    for (const key of ["reset", "block", "refund"]) for (let n = 0; n < 5; n++) await limiter.consume(key);
    server.process.kill("SIGSTOP");
    await limiter.reset("reset");
    await limiter.block("block", "5m");
    await limiter.refund("refund", 2);
    expect((await limiter.peek("reset")).allowed).toBe(true);
    server.process.kill("SIGCONT");
    await recovered(limiter);
    expect(await limiter.consume("reset")).toMatchObject({ remaining: 4, source: "redis" });
    const blocked = await limiter.peek("block");
    expect(blocked).toMatchObject({ allowed: false, source: "redis" });
    await limiter.reset("block");
    expect(await limiter.consume("refund")).toMatchObject({ remaining: 1, source: "redis" });
  });

  test("allows everything, or rejects with a 503 that says why, if that is its choice", async () => {
    const opened = make({ onStoreFailure: "open" });
    const closed = make({ name: "closed", onStoreFailure: "closed" });
    for (let n = 0; n < 5; n++) await Promise.all([opened.consume("a"), closed.consume("a")]);
    server.process.kill("SIGSTOP");
    expect(await opened.consume("a")).toMatchObject({ allowed: true, source: "open", degraded: true });
    await expect(closed.consume("a")).rejects.toMatchObject({
      code: "RATELIMIT_UNAVAILABLE",
      status: 503,
      retryAfter: 1000,
    });
    server.process.kill("SIGCONT");
    await Promise.all([recovered(opened), recoveredClosed(closed)]);
    expect((await opened.consume("a")).allowed).toBe(false);
    expect((await closed.consume("a")).allowed).toBe(false);
  });

  test("goes on from its own counts while the server's memory is full", async () => {
    const limiter = make();
    const admin = new Redis(server.port);
    await limiter.consume("a");
    await admin.config("SET", "maxmemory-policy", "noeviction");
    await admin.config("SET", "maxmemory", "1");
    for (let n = 0; n < 4; n++) expect((await limiter.consume("a")).source).toBe("memory");
    expect((await limiter.consume("a")).allowed).toBe(false);
    await sleep(600); // the probes of this time fail too
    expect((await limiter.consume("a")).degraded).toBe(true);
    await admin.config("SET", "maxmemory", "0");
    await recovered(limiter);
    expect(await limiter.consume("a")).toMatchObject({ allowed: false, source: "redis" });
    admin.disconnect();
  });

  test("a lease that the server has lost is restored when it is renewed", async () => {
    const store = redisLimitStore(connection.client);
    const limiter = createConcurrencyLimiter({ name: "work", limit: 1, ttl: "3s", store, storeTimeout: "250ms" });
    const lease = await limiter.acquire("a");
    server.process.kill("SIGSTOP");
    await expect(limiter.acquire("a")).rejects.toMatchObject({ code: "RATELIMIT_BUSY" });
    server.process.kill("SIGCONT");
    const admin = new Redis(server.port);
    await admin.flushall();
    const other = createConcurrencyLimiter({ name: "work", limit: 1, ttl: "3s", store, storeTimeout: "10s" });
    while ((await admin.dbsize()) === 0 || (await admin.keys("*work:lease*")).length === 0) await sleep(20);
    await expect(other.acquire("a")).rejects.toMatchObject({ code: "RATELIMIT_BUSY" });
    expect(lease.signal.aborted).toBe(false);
    await lease.release();
    await expect(other.run("a", async () => "done", { maxWait: "5s" })).resolves.toBe("done");
    await limiter.close();
    await other.close();
    admin.disconnect();
  });
});

async function recoveredClosed(limiter: RateLimiter): Promise<void> {
  while (
    await limiter.peek("recovery").then(
      () => false,
      () => true,
    )
  )
    await sleep(10);
}

describe.skipIf(!CAN_START_REDIS)("a server behind a slow line", () => {
  test("gets no calls after the first failures, and gets them again when it is fast", async () => {
    const server = await startRedis();
    let delay = 0;
    const pipe = (from: Socket, to: Socket): void => {
      from.on("data", (chunk) => void setTimeout(() => to.write(chunk), delay)).on("error", () => undefined);
      from.on("close", () => to.destroy());
    };
    const proxy = createServer((socket) => {
      const upstream = connect(server.port, "127.0.0.1");
      pipe(socket, upstream);
      pipe(upstream, socket);
    });
    proxy.listen(0, "127.0.0.1");
    await once(proxy, "listening");
    const { port } = proxy.address() as { port: number };
    const client = new Redis(port);
    client.on("error", () => undefined);
    await client.ping();
    const store = redisLimitStore(client);
    await using limiter = createRateLimiter({ name: "slow", limits, store, storeTimeout: "300ms" });
    expect((await limiter.consume("a")).source).toBe("redis");
    delay = 500;
    const start = performance.now();
    for (let n = 0; n < 40; n++) await limiter.consume("a");
    expect(performance.now() - start).toBeLessThan(20 * 300);
    expect((await limiter.consume("a")).degraded).toBe(true);
    delay = 0;
    await recovered(limiter);
    expect(await limiter.consume("a")).toMatchObject({ allowed: false, source: "redis" });
    client.disconnect();
    proxy.close();
    await server.close();
  });
});
