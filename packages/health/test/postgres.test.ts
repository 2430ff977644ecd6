import { PGlite } from "@electric-sql/pglite";
import { manualClock } from "@seaworthy/core/testing";
import pg from "pg";
import { afterEach, describe, expect, test } from "vitest";
import { createHealth, postgresCheck } from "../src/index.ts";
import { freePort, reachable } from "./reachable.ts";
import { runCheck, until } from "./run-check.ts";

const url = process.env.DATABASE_URL ?? "postgres://postgres@127.0.0.1:5432/postgres";
const runs = await reachable(url);

describe.skipIf(!runs)("postgresCheck on PostgreSQL", () => {
  const pools: pg.Pool[] = [];
  const poolOf = (options: pg.PoolConfig = {}): pg.Pool => {
    const pool = new pg.Pool({ connectionString: url, max: 2, application_name: "seaworthy-health", ...options });
    pool.on("error", () => undefined);
    pools.push(pool);
    return pool;
  };
  afterEach(async () => {
    for (const pool of pools.splice(0)) await pool.end();
  });

  test("tells the latency of a query and the numbers of the pool", async () => {
    const pool = poolOf();
    await pool.query("select 1");
    expect(await runCheck(postgresCheck(pool))).toMatchObject({
      status: "healthy",
      data: { latency: expect.any(Number), pool: { total: 1, idle: 1, waiting: 0, max: 2, saturation: 0 } },
    });
  });

  test("takes a single client, which has no pool", async () => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const report = await runCheck(postgresCheck(client)).finally(() => client.end());
    expect(report).toMatchObject({ status: "healthy" });
    expect(report.data).not.toHaveProperty("pool");
  });

  test("is degraded when the pool is nearly all in use", async () => {
    const pool = poolOf();
    const busy = await pool.connect();
    const report = await runCheck(postgresCheck(pool, { saturation: { degradedAt: 0.5 } }));
    busy.release();
    expect(report).toMatchObject({
      status: "degraded",
      error: "HEALTH_POOL_SATURATED",
      data: { pool: { saturation: 0.5 } },
    });
  });

  test("a pool with no free connection is unhealthy with its numbers, and probes do not queue up in it", async () => {
    const pool = poolOf();
    const busy = await Promise.all([pool.connect(), pool.connect()]);
    const clock = manualClock();
    const health = createHealth({ clock });
    health.add("database", postgresCheck(pool, { clock }));
    for (let probe = 0; probe < 3; probe++) {
      const asked = health.report();
      await clock.advance(500);
      expect((await asked).checks.database).toMatchObject({
        status: "unhealthy",
        error: "HEALTH_POOL_EXHAUSTED",
        data: { latency: 500, pool: { total: 2, idle: 0, max: 2, saturation: 1, waiting: probe === 0 ? 0 : 1 } },
      });
    }
    expect(pool.waitingCount).toBe(1);
    for (const client of busy) client.release();
    await until(() => pool.waitingCount === 0);
    expect((await health.report()).status).toBe("healthy");
  });

  test("is degraded when too many callers wait for a connection", async () => {
    const pool = poolOf({ max: 1 });
    const busy = await pool.connect();
    const waiters = Array.from({ length: 3 }, () => pool.query("select 1"));
    const asked = runCheck(
      postgresCheck(pool, { waiting: { degradedAt: 3 }, saturation: { degradedAt: "never" }, connectionWait: "5s" }),
    );
    busy.release();
    expect(await asked).toMatchObject({
      status: "degraded",
      error: "HEALTH_POOL_WAITING",
      data: { pool: { waiting: 3 } },
    });
    await Promise.all(waiters);
  });

  test("is degraded when the answer is slow", async () => {
    const report = await runCheck(
      postgresCheck(poolOf(), { query: "select pg_sleep(0.03)", latency: { degradedAt: "20ms" } }),
    );
    expect(report).toMatchObject({ status: "degraded", error: "HEALTH_SLOW" });
  });

  test("says by code alone why it fails, and names neither host nor user", async () => {
    const port = await freePort();
    const refused = poolOf({ connectionString: `postgres://admin:s3cr3tpw@127.0.0.1:${port}/orders` });
    expect(await runCheck(postgresCheck(refused))).toMatchObject({ status: "unhealthy", error: "ECONNREFUSED" });
    const nowhere = new URL(url);
    nowhere.pathname = "/seaworthy_no_such_database";
    const missing = await runCheck(postgresCheck(poolOf({ connectionString: String(nowhere) })));
    expect(missing).toMatchObject({ status: "unhealthy", error: "3D000" });
    expect(JSON.stringify(missing)).not.toMatch(/no_such|postgres|127/);
    expect(await runCheck(postgresCheck(poolOf(), { query: "select nonsense" }))).toMatchObject({ error: "42703" });
  });

  test("is healthy again after the server has cut its connection", async () => {
    const pool = poolOf({ max: 1 });
    const health = createHealth();
    health.add("database", postgresCheck(pool));
    await health.report();
    const { rows } = await pool.query<{ pid: number }>("select pg_backend_pid() as pid");
    const killer = poolOf({ max: 1 });
    await killer.query("select pg_terminate_backend($1)", [rows[0]?.pid]);
    await until(async () => (await health.report()).status === "healthy");
  });
});

describe("postgresCheck", () => {
  test("takes PGlite as it is", async () => {
    const database = await PGlite.create();
    const check = postgresCheck(database);
    expect(await runCheck(check)).toMatchObject({ status: "healthy", data: { latency: expect.any(Number) } });
    await database.close();
    expect(await runCheck(check)).toMatchObject({ status: "unhealthy" });
  });

  test("reads the numbers of a client that has stats()", async () => {
    const client = {
      query: async () => ({ rows: [] }),
      stats: () => ({ total: 20, idle: 1, waiting: 0, max: 20 }),
    };
    expect(await runCheck(postgresCheck(client))).toMatchObject({
      status: "degraded",
      error: "HEALTH_POOL_SATURATED",
      data: { pool: { total: 20, idle: 1, waiting: 0, max: 20, saturation: 0.95 } },
    });
  });

  test("a query that throws at once is a failure like any other", async () => {
    const client = {
      query: (): never => {
        throw new Error("closed");
      },
    };
    const check = postgresCheck(client);
    expect(await runCheck(check)).toMatchObject({ status: "unhealthy", error: "HEALTH_CHECK_FAILED" });
    expect(await runCheck(check)).toMatchObject({ status: "unhealthy", error: "HEALTH_CHECK_FAILED" });
  });

  test.each<[string, unknown, unknown?]>([
    ["what is not a client", {}],
    ["null", null],
    ["an unknown option", { query: async () => ({ rows: [] }) }, { querry: "select 1" }],
    ["an empty query", { query: async () => ({ rows: [] }) }, { query: "" }],
    ["a saturation above 1", { query: async () => ({ rows: [] }) }, { saturation: { degradedAt: 1.1 } }],
    ["a saturation that is NaN", { query: async () => ({ rows: [] }) }, { saturation: { unhealthyAt: Number.NaN } }],
    ["a waiting of 0", { query: async () => ({ rows: [] }) }, { waiting: { degradedAt: 0 } }],
    ["unhealthy before degraded", { query: async () => ({ rows: [] }) }, { waiting: { unhealthyAt: 9 } }],
    ["a connectionWait of nothing", { query: async () => ({ rows: [] }) }, { connectionWait: 0 }],
    [
      "an endless latency",
      { query: async () => ({ rows: [] }) },
      { latency: { degradedAt: Number.POSITIVE_INFINITY } },
    ],
  ])("refuses %s", (_, client, options) => {
    expect(() => postgresCheck(client as never, options as never)).toThrow(TypeError);
  });
});
