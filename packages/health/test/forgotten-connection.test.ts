import { manualClock } from "@seaworthy/core/testing";
import { Redis } from "ioredis";
import pg from "pg";
import { describe, expect, test } from "vitest";
import { createHealth, type HealthReport, postgresCheck, redisCheck } from "../src/index.ts";
import { startForgetfulProxy } from "./forgetful-proxy.ts";
import { reachable } from "./reachable.ts";
import { until } from "./run-check.ts";

const POSTGRES = process.env.DATABASE_URL ?? "postgres://postgres@127.0.0.1:5432/postgres";
const REDIS = process.env.REDIS_URL ?? "redis://127.0.0.1:6379";
const [postgres, redis] = await Promise.all([reachable(POSTGRES), reachable(REDIS)]);
const portOf = (url: string): number => Number(new URL(url).port);

describe.skipIf(!postgres)("a pool of PostgreSQL whose idle connections were forgotten", () => {
  test("fails one probe per connection, each of which closes it, and is healthy then", async () => {
    await using proxy = await startForgetfulProxy(portOf(POSTGRES));
    const url = new URL(POSTGRES);
    url.port = `${proxy.port}`;
    const pool = new pg.Pool({ connectionString: url.href, max: 4 });
    pool.on("error", () => undefined);
    const clock = manualClock();
    const health = createHealth({ clock });
    health.add("database", postgresCheck(pool, { clock }), { timeout: 500 });
    const busy = await Promise.all([pool.connect(), pool.connect()]);
    for (const client of busy) client.release();
    expect((await health.report()).status).toBe("healthy");

    proxy.forget();
    for (let lost = 1; lost <= 2; lost++) {
      const asked = health.report();
      await new Promise((resolve) => setImmediate(resolve));
      await clock.advance(500);
      expect((await asked).checks.database).toMatchObject({ error: "HEALTH_CHECK_TIMEOUT" });
      expect(pool.totalCount).toBe(2 - lost);
    }
    const { checks } = await health.report();
    expect(checks.database).toMatchObject({ status: "healthy" });
    expect(checks.database).not.toHaveProperty("hungRuns");
    expect((await pool.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
    await pool.end();
  });

  test("is healthy at the second probe for a client that cannot be cancelled, while the first run still hangs", async () => {
    await using proxy = await startForgetfulProxy(portOf(POSTGRES));
    const url = new URL(POSTGRES);
    url.port = `${proxy.port}`;
    const pool = new pg.Pool({ connectionString: url.href, max: 4 });
    pool.on("error", () => undefined);
    const clock = manualClock();
    const health = createHealth({ clock });
    health.add("database", () => pool.query("select 1"), { timeout: 500 });
    expect((await health.report()).status).toBe("healthy");
    proxy.forget();
    const asked = health.report();
    await clock.advance(500);
    expect((await asked).checks.database).toMatchObject({ error: "HEALTH_CHECK_TIMEOUT", hungRuns: 1 });
    await clock.advance("10s");
    expect((await health.report()).checks.database).toMatchObject({
      status: "healthy",
      hungRuns: 1,
      hangingFor: 10_500,
    });
    // The query that hangs holds its connection, so the pool would never end.
    for (const client of (pool as unknown as { _clients: { connection: { stream: { destroy(): void } } }[] })._clients)
      client.connection.stream.destroy();
  });
});

describe.skipIf(!postgres)("a connection of PostgreSQL that is lost during a query", () => {
  test.each([
    ["the server ends it", "57P01"],
    ["the network resets it", "ECONNRESET"],
  ])("is a failure of the check and no more, if %s", async (how, code) => {
    await using proxy = await startForgetfulProxy(portOf(POSTGRES));
    const url = new URL(POSTGRES);
    url.port = `${proxy.port}`;
    const pool = new pg.Pool({ connectionString: url.href, max: 2, application_name: `seaworthy-lost-${process.pid}` });
    pool.on("error", () => undefined);
    const admin = new pg.Client({ connectionString: POSTGRES });
    await admin.connect();
    const health = createHealth({ timeout: "10s" });
    health.add("database", postgresCheck(pool, { query: "select pg_sleep(60)" }));
    const asked = health.report();
    const backend = `from pg_stat_activity where application_name = 'seaworthy-lost-${process.pid}' and state = 'active'`;
    await until(async () => (await admin.query(`select 1 ${backend}`)).rowCount === 1);
    if (how === "the network resets it") proxy.reset();
    await admin.query(`select pg_terminate_backend(pid) ${backend}`);
    expect((await asked).checks.database).toMatchObject({ status: "unhealthy", error: code });
    expect(pool.totalCount).toBe(0);
    await pool.end();
    await admin.end();
  });
});

describe.skipIf(!redis)("a Redis client whose connection was forgotten", () => {
  test("is unhealthy as the application is, with few commands waiting, and healthy when the client reconnects", async () => {
    await using proxy = await startForgetfulProxy(portOf(REDIS), new URL(REDIS).hostname);
    const client = new Redis(proxy.port, "127.0.0.1", { retryStrategy: () => 10 });
    client.on("error", () => undefined);
    const clock = manualClock();
    const health = createHealth({ clock });
    health.add("cache", redisCheck(client, { clock }), { timeout: 500 });
    await until(async () => (await health.report()).status === "healthy");
    proxy.forget();
    const reports: HealthReport[] = [];
    for (let probe = 0; probe < 5; probe++) {
      const asked = health.report();
      await clock.advance(500);
      reports.push(await asked);
    }
    expect(reports.map(({ checks }) => checks.cache?.error)).toEqual([
      ...Array(3).fill("HEALTH_CHECK_TIMEOUT"),
      ...Array(2).fill("HEALTH_CHECK_HUNG"),
    ]);
    expect((client as unknown as { commandQueue: { length: number } }).commandQueue.length).toBe(3 * 4);
    client.stream.destroy(); // what keepalive probes or a command timeout do in the end
    await until(async () => (await health.report()).status === "healthy");
    client.disconnect();
  });
});
